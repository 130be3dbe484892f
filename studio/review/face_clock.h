#pragma once

#include <QElapsedTimer>

namespace mien {

/// How long a face was looked at: it stands still while nobody can see the face.
class FaceClock
{
public:
    /// From zero; stands still until setRunning() when it stood still.
    void restart()
    {
        m_beforeMs = 0;
        m_timer.start();
    }
    void setRunning(bool running)
    {
        if (running == m_running)
            return;
        m_beforeMs = elapsedMs();
        m_running = running;
        m_timer.start();
    }
    double seconds() const { return static_cast<double>(elapsedMs()) / 1000.0; }

private:
    qint64 elapsedMs() const { return m_beforeMs + (m_running && m_timer.isValid() ? m_timer.elapsed() : 0); }

    QElapsedTimer m_timer;
    qint64 m_beforeMs = 0;
    bool m_running = false;
};

} // namespace mien
