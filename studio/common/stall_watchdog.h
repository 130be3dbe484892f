#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include <QObject>

namespace mien {

/// Measures how long the event loop of the thread that made it did not answer. A thread of its own posts a question
/// every 10 ms; an answer that takes longer than the limit is a stall. Time that the thread was ready to run but had no
/// processor (a busy machine) does not count, where the kernel tells it. For tests.
class StallWatchdog : public QObject
{
    Q_OBJECT

public:
    explicit StallWatchdog(std::chrono::milliseconds limit = std::chrono::milliseconds(100), QObject *parent = nullptr);
    ~StallWatchdog() override;

    std::vector<int> stallsMs() const; ///< Every stall over the limit so far.
    int longestMs() const { return m_longestMs; }
    void reset();

private:
    std::chrono::milliseconds m_limit;
    int m_watchedThread = 0;                ///< Of the watched thread, as the kernel counts.
    std::atomic<std::int64_t> m_askedUs{0}; ///< 0: no question is open.
    std::atomic<std::int64_t> m_delayUs{0}; ///< Of the watched thread when it was asked.
    std::atomic<int> m_longestMs{0};
    mutable std::mutex m_mutex;
    std::vector<int> m_stalls;
    std::jthread m_thread;
};

} // namespace mien
