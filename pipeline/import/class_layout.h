#pragma once

#include "pipeline/store/sample.h"

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// Where splits and classes stand in the paths of a folder of pictures.
struct ClassLayout
{
    std::string prefix;  ///< Folder that everything lies in ("dataset/"), "" when it is the root itself.
    int splitLevel = -1; ///< Level below the prefix whose names are splits; -1: none.
    int classLevel = 0;
    bool isMixed = false; ///< Some names of a level are splits and some are not: a person must say what is meant.
    std::vector<std::string> classNames;        ///< As on disk, sorted by bytes.
    std::map<std::string, std::int64_t> counts; ///< Pictures by class name.
    std::string codeTable; ///< For numbered folders: the table they follow, "" when that is not certain.

    std::string variant() const; ///< "class", "split/class", "class/split", "photos"
};

/// @param pictures  paths below the root of all pictures
ClassLayout classLayoutOf(std::span<const std::string> pictures);

/// What a path says about its picture.
struct FolderFacts
{
    std::string className;   ///< Folder name as it is; "" for pictures outside any class folder.
    std::string nativeSplit; ///< Folder name as it is.
    Split split = Split::None;
};
FolderFacts factsOf(const ClassLayout &layout, std::string_view path);

/// "class:FOLDER" of an export's classes.json, which says what its folders stand for; empty for any other file.
std::map<std::string, std::string> exportedClasses(const std::filesystem::path &classesJson);

/// What a class folder or a label text means.
struct LabelMeaning
{
    LabelState state = LabelState::Unlabeled;
    std::string className; ///< Canonical id or the name itself; empty unless state is Ok.
};
/// Aliases, "0_neutral"-like prefixes, "_unlabeled" and "no_label"; numbers by the code table, else unmapped;
/// any other name is a class of the data set's own.
/// Names of states ("unsure", "not_a_face", "excluded", …) are those states.
/// @param parameters  of the plan: "class:NAME" overrules everything else
LabelMeaning meaningOf(std::string_view name, std::string_view codeTable,
                       const std::map<std::string, std::string> &parameters);

} // namespace mien
