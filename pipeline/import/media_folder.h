#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace mien {

/// Where the files lie that a table names.
struct MediaFolder
{
    std::string path; ///< Below the root; "" = the root itself.
    int found = 0, looked = 0;
};
/// The folder below which most of some named files are found, the first of several.
/// @param folders  below the root
MediaFolder mediaFolderFor(const std::filesystem::path &root, std::span<const std::string> folders,
                           std::span<const std::string> names);

/// The folder that a file lies in, with its '/'; "" for one in the root.
std::string folderOf(std::string_view path);
/// Name of a path without its folders.
std::string_view nameOfPath(std::string_view path);
/// "a/b/" + "c" -> "a/b/c": for folders with and without '/' at their end.
/// "manual" of "manual (1)", as a second download or an archive names it; any other name as it is.
std::string_view withoutCopyNumber(std::string_view name);
std::string joinedPath(std::string_view folder, std::string_view name);

} // namespace mien
