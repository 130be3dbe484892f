#include "studio/common/stall_watchdog.h"

#include <QMetaObject>

namespace mien {

namespace {

std::int64_t nowUs()
{
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

} // namespace

StallWatchdog::StallWatchdog(std::chrono::milliseconds limit, QObject *parent)
    : QObject(parent), m_limit(limit), m_thread([this](std::stop_token stop) {
          while (!stop.stop_requested()) {
              if (m_askedUs == 0) {
                  m_askedUs = nowUs();
                  QMetaObject::invokeMethod(
                      this,
                      [this] {
                          const int ms = int((nowUs() - m_askedUs) / 1000);
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
