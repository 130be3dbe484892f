#pragma once

#include "pipeline/store/project.h"

#include <SQLiteCpp/Column.h>

#include <filesystem>
#include <string>

namespace mien {

/// The bytes of a blob: paths are stored as the system gave them.
inline std::string bytesOf(const SQLite::Column &column)
{
    return {static_cast<const char *>(column.getBlob()), static_cast<std::size_t>(column.getBytes())};
}

/// Roots inside the project are stored relative to it.
inline std::filesystem::path rootPath(const Project &project, bool inProject, const std::string &bytes)
{
    return inProject ? (project.folder() / bytes).lexically_normal() : std::filesystem::path(bytes);
}

} // namespace mien
