#pragma once

#include "models/base/job.h"
#include "models/base/result.h"

#include <filesystem>

namespace mien {

/// Copies a project to a new folder while it is open, e.g. because its disk takes no more: the database by SQLite's
/// online copy, so that it is one state of it, the other files as they are. What may be deleted at any time
/// (thumbnails, packs) and the lease stay behind. Written beside and renamed: the new folder is whole or absent.
/// Conflict: `to` exists. NoSpace, Unreadable, Cancelled.
Result<> copyProject(const std::filesystem::path &from, const std::filesystem::path &to, const Job &job = {});

} // namespace mien
