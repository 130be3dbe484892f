#include "pipeline/store/backup_keeper.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/project.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace mien {

struct BackupKeeper::State
{
    BackupListener listener;
    std::chrono::milliseconds interval;
    std::mutex mutex;
    std::condition_variable_any wake;
    std::jthread thread; ///< Last: it stops before the rest goes.

    /// False when it is time to end.
    bool wait(const std::stop_token &stop)
    {
        std::unique_lock lock(mutex);
        return !wake.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); });
    }

    void run(const std::stop_token &stop, const Project &project)
    {
        const Job job{stop};
        if (!isHealthy(project, job))
            return;
        std::optional<std::int64_t> backedUp;
        if (!isBackupDue(project, 0))
            backedUp = project.dataVersion();
        do {
            const std::int64_t version = project.dataVersion();
            if (backedUp == version)
                continue;
            const auto made = backUp(project, job);
            if (made) {
                backedUp = version;
                listener.made(*made);
            } else if (made.error().code == ErrorCode::Unreadable && !isHealthy(project, job)) {
                return;
            } else if (made.error().code != ErrorCode::Cancelled) {
                listener.failed(made.error());
            }
        } while (wait(stop));
    }

    bool isHealthy(const Project &project, const Job &job)
    {
        const auto damage = findDamage(project, job);
        if (!damage && damage.error().code != ErrorCode::Cancelled)
            listener.failed(damage.error());
        if (!damage || !*damage)
            return damage.has_value();
        listener.damaged(**damage);
        return false;
    }
};

BackupKeeper::BackupKeeper(const Project &project, BackupListener listener, std::chrono::milliseconds interval)
    : m_state(std::make_unique<State>())
{
    m_state->listener = std::move(listener);
    m_state->interval = interval;
    auto own = project.reopened(Project::Access::Read);
    if (!own) {
        m_state->listener.failed(own.error());
        return;
    }
    m_state->thread = std::jthread([state = m_state.get(), project = std::make_shared<Project>(std::move(*own))](
                                       const std::stop_token &stop) { state->run(stop, *project); });
}

BackupKeeper::~BackupKeeper() = default;

} // namespace mien
