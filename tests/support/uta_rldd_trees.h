#pragma once

#include <filesystem>
#include <string_view>

namespace mien::test {

/// A file that only a dry run may look at, with its folders.
void putFile(const std::filesystem::path &file, std::string_view bytes = "not looked at by a dry run");

/// UTA-RLDD as published: 60 people in ten folders of folds, 181 videos. Extensions are mixed, in upper and lower case;
/// the last folder is repeated by unpacking and another has a copy's number; one recording is cut in two; two videos
/// and a system file are no recordings.
void writeUtaRlddFolds(const std::filesystem::path &root);

/// The same recordings without folders of folds: 3 people.
void writeUtaRlddFlat(const std::filesystem::path &root);

/// Videos of any name in folders 0, 5 and 10, two each.
void writeUtaRlddStates(const std::filesystem::path &root);

/// Frames that others cut out: folders Drowsy and Non Drowsy with 12 pictures each, whose names begin with the letters
/// of a recording (A and ZB, a and zc); six names differ in case only. Two pictures are no such frames.
void writeUtaRlddFrames(const std::filesystem::path &root);

} // namespace mien::test
