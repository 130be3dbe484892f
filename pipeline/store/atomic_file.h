#pragma once

#include "models/base/result.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace mien {

/// Puts `content` at `path` whole or not at all: written beside it as `.<name>.<pid>.tmp`, synced, renamed, folder
/// synced. Every derived file of a project goes through here. NoSpace or Unreadable name the file and what to do.
Result<> writeFileAtomically(const std::filesystem::path &path, std::span<const std::uint8_t> content);
Result<> writeFileAtomically(const std::filesystem::path &path, std::string_view content);

/// To a place that the user named. A symbolic link is followed, so that it stays one; a pipe or device, and what
/// standard output or error go to, is written into.
Result<> writeOutput(const std::filesystem::path &path, std::string_view content);

/// True where writeOutput() writes into what is there: writing twice would show.
bool isWrittenInto(const std::filesystem::path &path);

/// The first half of writeFileAtomically(): writes and syncs the file under the temporary name, which it gives back.
Result<std::filesystem::path> writeFileBeside(const std::filesystem::path &path, std::span<const std::uint8_t> content);

/// The whole file. NotFound or Unreadable.
Result<std::string> readFile(const std::filesystem::path &path);

/// True for the names writeFileAtomically() uses until its rename: what doctor calls a leftover.
bool isTemporaryName(const std::filesystem::path &path);

/// Makes the names in `folder` survive a power cut.
Result<> syncFolder(const std::filesystem::path &folder);

/// Error of a failed system call: NoSpace for ENOSPC and EDQUOT, NotFound for ENOENT, else Unreadable.
/// `what` reads like "could not be written".
Error systemError(int errorNumber, const std::filesystem::path &path, std::string_view what);

} // namespace mien
