#pragma once

#include "models/base/result.h"
#include "pipeline/import/inside_path.h"
#include "pipeline/import/problem_log.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

struct TreeFile
{
    std::string path; ///< Below the root, '/' between names, raw bytes.
};

/// Every file below a folder, in one pass, sorted by bytes within each folder; system files (".DS_Store", "__MACOSX",
/// "Thumbs.db", …) are named apart. Links are followed, each folder once; those that lead out of the root only where it
/// was asked for.
struct FileTree
{
    std::vector<TreeFile> files;
    std::vector<std::string> emptyFolders; ///< Hold neither a file nor a folder with one.
    std::vector<std::string> ignored;      ///< System files and folders, empty LICENSE and README files.
    std::vector<std::string> unreadable;   ///< Folders that could not be opened.
    std::vector<std::string> linkedTwice;  ///< Folders that were walked already, by another name.
    std::vector<std::string> special;      ///< Pipes, sockets and devices.
    std::vector<LinkOut> ledOut;           ///< Links out of the root that were not followed.

    /// What was passed over, one problem each, in order: "IGNORED_SYSTEM_FILE", and "PATH_ESCAPES_ROOT" of links.
    std::vector<Problem> passedOver() const;
};

/// NotFound or Unreadable for the root itself.
Result<FileTree> filesBelow(const std::filesystem::path &root, LinksOut links);

/// The note for a file of the system. @param path  below the root
Problem ignoredNote(const std::string &path);
bool isSystemName(std::string_view name);
/// Extension without dot, lower case; "" when there is none.
std::string extensionOf(std::string_view name);
bool hasPictureExtension(std::string_view name);
bool hasVideoExtension(std::string_view name);

} // namespace mien
