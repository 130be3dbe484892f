#pragma once

#include "models/base/result.h"

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

/// The indexes of `current_labels`: dropped before and built after a bulk load.
void dropCurrentIndexes(SQLite::Database &database);
void ensureCurrentIndexes(SQLite::Database &database);

} // namespace mien
