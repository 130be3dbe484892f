#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace SQLite {
class Database;
}

namespace mien {

/// What programs that were killed left below a project: files and folders under the name that writers use until their
/// rename (`.<name>.<pid>.tmp`, `<name>.part<pid>`) whose process is gone, and databases that never got their name.
/// Sorted. Reads only the folders such writers work in.
std::vector<std::filesystem::path> leftovers(const std::filesystem::path &projectFolder);

/// Removes them, and what else a kill can leave that nobody can need: pictures behind the last stored row of an
/// interrupted import, the file of a snapshot and the empty folder of a run that were not stored any more. A run that
/// was being trained counts as stopped. To be called by who has just taken the lease; never fails, `doctor` names what
/// is still there. What it cannot tell from something of worth stays as well, e.g. runs that a restored backup does not
/// know.
void clearLeftovers(SQLite::Database &database, const std::filesystem::path &projectFolder);

} // namespace mien
