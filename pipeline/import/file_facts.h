#pragma once

#include "pipeline/store/import_writer.h"

#include <filesystem>
#include <string>

namespace mien {

struct FileFacts
{
    bool exists = false;
    std::int64_t bytes = 0, modifiedMs = 0;
};
FileFacts fileFacts(const std::filesystem::path &path);

/// Fails with Invalid where a pipe, a socket or a device lies, which may keep a reader waiting for ever and cannot be
/// read twice. Opens nothing; what is not there is none.
Result<> refusePipe(const std::filesystem::path &path);

/// A media row for a file as it is now: absolute path, size and time.
NewMedia newMedia(const std::filesystem::path &path, std::string kind);

} // namespace mien
