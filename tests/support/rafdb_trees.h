#pragma once

#include <filesystem>

namespace mien::test {

/// RAF-DB basic: a list of 20 rows without a final line end, one of them with CRLF, one with the label 0, one of a
/// missing picture; aligned faces in Image/aligned/aligned, originals with boxes and landmarks, of which some are
/// damaged; one picture that no row names; noise01.txt, which gives train_00001.jpg another label.
void writeRafDbBasic(const std::filesystem::path &root);

/// RAF-DB compound: codes 1 to 12 and 13, aligned faces only.
void writeRafDbCompound(const std::filesystem::path &root);

/// DATASET/train/<1-7> and DATASET/test/<1-7> with two tables: a row that says another class than the folder, one of a
/// missing picture, one outside the classes, one picture without a row.
void writeRafDbKaggle(const std::filesystem::path &root);

/// The same with folders 0 to 6 and tables without a header: the labels are still 1 to 7. Nothing is wrong in it.
void writeRafDbZeroBased(const std::filesystem::path &root);

/// As many pictures in DATASET/<split>/<1-7>, named as published, as RAF-DB has: all are one file.
void writeRafDbPublished(const std::filesystem::path &root);

/// train/<word> and valid/<word> without tables; the names of the pictures in valid begin with "test_".
void writeRafDbFolders(const std::filesystem::path &root);

} // namespace mien::test
