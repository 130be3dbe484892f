#pragma once

#include "models/base/result.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

namespace SQLite {
class Database;
}

namespace mien {

/// One step of the schema: from `version - 1` to `version` (PRAGMA user_version).
struct Migration
{
    int version = 0;
    std::string_view sql;
};

/// All steps, ascending from version 1, which makes an empty project.
std::span<const Migration> migrations();

/// The version this build reads and writes.
int schemaVersion();

/// Brings an older project up to the newest of `steps`. A copy `<file>.v<old>.bak` is made and synced first; all steps
/// are one transaction, so a failure or a kill at any moment leaves the old project. Invalid: the file is newer.
Result<> migrate(SQLite::Database &database, const std::filesystem::path &file, std::span<const Migration> steps);

/// Invalid when the file is not a project of ours or was made by a newer Mien; the message says which.
Result<> checkIdentity(SQLite::Database &database, const std::filesystem::path &file);

/// Lists of this many samples need indexes to be shown at once; shorter ones are read whole in a few milliseconds, and
/// are imported and labelled faster without.
constexpr std::int64_t indexedFrom = 50'000;

/// Before many rows come in; after them ensureIndexes().
void dropLoadIndexes(SQLite::Database &database);  ///< Over samples, votes and current_labels.
void dropScoreIndexes(SQLite::Database &database); ///< Over scores and current_labels.
/// Builds every index that is missing, in a project that is large enough.
void ensureIndexes(SQLite::Database &database);

} // namespace mien
