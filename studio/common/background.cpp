#include "studio/common/background.h"

#include <QMetaObject>
#include <QPointer>
#include <QThreadPool>

#include <condition_variable>
#include <mutex>

namespace mien {

struct Background::State
{
    std::mutex mutex;
    std::condition_variable idle;
    int running = 0;
    std::uint64_t generation = 0;
    std::stop_source stop;
    bool busy = false; ///< GUI thread: the newest work has not answered yet.
};

Background::Background(QObject *parent)
    : QObject(parent)
    , m_state(std::make_shared<State>())
{
}

Background::~Background()
{
    stop();
    std::unique_lock lock(m_state->mutex);
    m_state->idle.wait(lock, [&] { return m_state->running == 0; });
}

void Background::stop()
{
    const std::lock_guard lock(m_state->mutex);
    m_state->stop.request_stop();
    ++m_state->generation;
    m_state->busy = false;
}

bool Background::isBusy() const
{
    return m_state->busy;
}

void Background::run(std::function<std::function<void()>(const Job &)> work)
{
    stop();
    Job job;
    std::uint64_t generation = 0;
    {
        const std::lock_guard lock(m_state->mutex);
        m_state->stop = std::stop_source();
        job.stop = m_state->stop.get_token();
        generation = m_state->generation;
        m_state->busy = true;
        ++m_state->running;
    }
    QThreadPool::globalInstance()->start([this, state = m_state, work = std::move(work), job, generation]() mutable {
        std::function<void()> answer;
        if (!job.stop.stop_requested())
            answer = work(job);
        work = {};
        const std::lock_guard lock(state->mutex);
        // Holding the lock keeps the destructor waiting, so `this` is alive here.
        if (answer && state->generation == generation) {
            QMetaObject::invokeMethod(
                this,
                [state, answer = std::move(answer), generation] {
                    {
                        const std::lock_guard guard(state->mutex);
                        if (state->generation != generation)
                            return;
                        state->busy = false;
                    }
                    answer();
                },
                Qt::QueuedConnection);
        }
        --state->running;
        state->idle.notify_all();
    });
}

} // namespace mien
