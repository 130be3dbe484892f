#pragma once

#include "models/base/result.h"

#include <cstdint>
#include <filesystem>

namespace SQLite {
class Database;
}

namespace mien {

class CropLock;
class Project;

/// Bytes on the disk that rows no longer name. They are noted in the transaction that deletes the rows, and taken from
/// the disk after it: what a kill interrupts is noted still, and the next writer goes on.

/// Notes a file or folder, by its path below the project. Throws SQLite::Exception; wants a transaction.
void noteErasure(SQLite::Database &database, const std::filesystem::path &relativePath);
/// Notes the bytes of the crops whose ids are in the table `crops`, e.g. "temp.gone_crops".
void noteErasureOfCrops(SQLite::Database &database, const char *crops);

bool hasErasures(SQLite::Database &database);

/// Takes everything noted from the disk: files and folders are removed, bytes inside a crop segment become a hole.
/// @return bytes of crops that were freed
Result<std::int64_t> carryOutErasures(Project &project, const CropLock &lock);

} // namespace mien
