#include "pipeline/video/frame_choice.h"

#include <algorithm>
#include <cmath>

namespace mien {

FrameChoice FrameChoice::everyFrames(std::int64_t count)
{
    FrameChoice choice;
    choice.m_count = std::max<std::int64_t>(1, count);
    return choice;
}

FrameChoice FrameChoice::everySeconds(double seconds)
{
    FrameChoice choice;
    choice.m_seconds = seconds;
    return choice;
}

bool FrameChoice::takesAll() const
{
    return m_seconds <= 0 && m_count == 1 && m_startS == std::numeric_limits<double>::lowest();
}

bool FrameChoice::takes(double timeS)
{
    ++m_state.asked;
    if (timeS < m_startS)
        return false;
    if (m_seconds <= 0)
        return m_state.seen++ % m_count == 0;
    constexpr double halfMicrosecond = 0.5e-6;
    if (!m_state.first) {
        m_state.first = timeS;
        return true;
    }
    const auto steps = std::int64_t(std::floor((timeS - *m_state.first + halfMicrosecond) / m_seconds));
    if (steps <= m_state.steps)
        return false;
    m_state.steps = steps;
    return true;
}

} // namespace mien
