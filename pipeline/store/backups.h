#pragma once

#include "models/base/job.h"
#include "models/base/result.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mien {

class Project;

/// One copy of a project's database: `backups/<UTC time>-<hash of its bytes>.db`, so that it says by itself whether it
/// is whole.
///
/// How a program uses them:
///   - opened for writing, it keeps a BackupKeeper (backup_keeper.h), which makes them and looks for damage;
///   - Project::open() fails with Unreadable or Invalid, or the keeper reports damage: newestGoodBackup() is what to
///     offer, and, when the person agrees and every Project of that folder is closed, restoreBackup() puts it in place;
///   - `mien doctor --repair` does the same for a database that cannot be read.
struct Backup
{
    std::filesystem::path file;
    std::int64_t atMs = 0;
    std::int64_t bytes = 0;
};

constexpr int keptBackups = 10;
constexpr std::int64_t backupIntervalMs = 30 * 60 * 1000;

/// Newest first. Their contents are not looked at.
std::vector<Backup> backups(const std::filesystem::path &projectFolder);

/// The newest whose bytes are what they were. Reads whole files; not for the GUI thread. NotFound: there is none.
Result<Backup> newestGoodBackup(const std::filesystem::path &projectFolder, const Job &job = {});

/// True when something was stored since the newest backup (or since the project was made), and that is `intervalMs`
/// ago. Never while damage that was found waits to be settled: what is offered for restoring is from before it.
bool isBackupDue(const Project &project, std::int64_t intervalMs = backupIntervalMs);

/// Copies the database as it is now, others may write meanwhile; checks the copy and removes the oldest beyond
/// `keptBackups`. Needs a Project of its own thread (Project::reopened). Cancelled leaves nothing behind; Unreadable:
/// the database is damaged, and no older backup was given up for it.
Result<Backup> backUp(const Project &project, const Job &job = {});

/// What is wrong with the database of an open project; empty when nothing is. Where the last program that wrote it
/// closed it in order, every byte is compared with what it was then, else its structure is checked.
struct Damage
{
    std::string what;        ///< One sentence.
    bool isReadable = false; ///< The structure is whole: another program may have changed the file.
};
Result<std::optional<Damage>> findDamage(const Project &project, const Job &job = {});

struct Restored
{
    Backup from;
    std::filesystem::path damaged; ///< Where the damaged database lies now, beside project.db.
};
/// Puts a backup in the place of project.db; the damaged file stays beside it. No Project of this folder may be open in
/// this process. Conflict: another program holds the lease.
Result<Restored> restoreBackup(const std::filesystem::path &projectFolder, const Backup &backup);

} // namespace mien
