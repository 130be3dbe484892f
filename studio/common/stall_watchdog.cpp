#include "studio/common/stall_watchdog.h"

#include <QMetaObject>

#include <algorithm>
#include <fstream>
#include <string>
#include <unistd.h>

namespace mien {

namespace {

std::int64_t nowUs()
{
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// Time a thread has waited for a processor so far; 0 where the kernel does not keep it.
std::int64_t waitedUs(int thread)
{
    std::ifstream schedule("/proc/self/task/" + std::to_string(thread) + "/schedstat");
    std::int64_t ran = 0, waited = 0;
    return schedule >> ran >> waited ? waited / 1000 : 0;
}

} // namespace

StallWatchdog::StallWatchdog(std::chrono::milliseconds limit, QObject *parent)
    : QObject(parent)
    , m_limit(limit)
    , m_watchedThread(int(::gettid()))
    , m_thread([this](std::stop_token stop) {
        while (!stop.stop_requested()) {
            if (m_askedUs == 0) {
                m_delayUs = waitedUs(m_watchedThread);
                m_askedUs = nowUs();
                QMetaObject::invokeMethod(
                    this,
                    [this] {
                        const std::int64_t waited = waitedUs(m_watchedThread) - m_delayUs;
                        const int ms = int(std::max<std::int64_t>(0, nowUs() - m_askedUs - waited) / 1000);
                        m_askedUs = 0;
                        m_longestMs = std::max(m_longestMs.load(), ms);
                        if (ms > m_limit.count()) {
                            const std::lock_guard lock(m_mutex);
                            m_stalls.push_back(ms);
                        }
                    },
                    Qt::QueuedConnection);
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    })
{
}

StallWatchdog::~StallWatchdog()
{
    m_thread.request_stop();
    m_thread.join();
}

std::vector<int> StallWatchdog::stallsMs() const
{
    const std::lock_guard lock(m_mutex);
    return m_stalls;
}

void StallWatchdog::reset()
{
    const std::lock_guard lock(m_mutex);
    m_stalls.clear();
    m_longestMs = 0;
}

} // namespace mien
