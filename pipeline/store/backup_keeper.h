#pragma once

#include "pipeline/store/backups.h"

#include <chrono>
#include <functional>
#include <memory>

namespace mien {

class Project;

/// Called on the keeper's thread; a window posts what it is told to its own.
struct BackupListener
{
    /// Once at most; no backup is made from then on. Offer newestGoodBackup(), see backups.h.
    std::function<void(const Damage &)> damaged = [](const Damage &) {};
    std::function<void(const Backup &)> made = [](const Backup &) {};
    std::function<void(const Error &)> failed = [](const Error &) {}; ///< E.g. the disk is full; tried again later.
};

/// Keeps the backups of a project that is open for writing, on a thread and a connection of its own: looks for damage
/// once after opening, makes a backup where something changed since the newest one, and another after every half hour
/// in which something changed. Costs opening nothing. Make one after Project::open(…, Write) and destroy it before the
/// Project.
class BackupKeeper
{
public:
    /// @param interval  of changes between two backups
    explicit BackupKeeper(const Project &project, BackupListener listener = {},
                          std::chrono::milliseconds interval = std::chrono::milliseconds(backupIntervalMs));
    BackupKeeper(const BackupKeeper &) = delete;
    BackupKeeper &operator=(const BackupKeeper &) = delete;
    ~BackupKeeper(); ///< Stops within a few milliseconds; an unfinished backup is dropped.

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace mien
