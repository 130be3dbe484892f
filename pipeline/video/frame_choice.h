#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace mien {

/// Which frames of a video are wanted, decided from their times alone, in the order in which they are shown.
class FrameChoice
{
public:
    FrameChoice() = default; ///< All of them.
    /// The first frame and every `count`th behind it.
    static FrameChoice everyFrames(std::int64_t count);
    /// The first frame, and the first one that is not earlier than each further multiple of `seconds` behind it.
    static FrameChoice everySeconds(double seconds);

    /// The frames before this time are not wanted, and the first one behind them counts as the first.
    FrameChoice &notBefore(double startS)
    {
        m_startS = startS;
        return *this;
    }

    /// Asked once for each frame, in order.
    bool takes(double timeS);

    /// Whether it takes every frame.
    bool takesAll() const;

    /// What it remembers of the frames it was asked for: one that is given this goes on from there.
    struct State
    {
        std::int64_t asked = 0;      ///< Frames it was asked for,
        std::int64_t seen = 0;       ///< and without seconds, those of them that were not too early.
        std::optional<double> first; ///< With seconds: time of the first frame,
        std::int64_t steps = 0;      ///< and how many multiples were passed.
    };
    const State &state() const { return m_state; }
    void goOn(const State &from) { m_state = from; }

private:
    std::int64_t m_count = 1;
    double m_seconds = 0;
    double m_startS = std::numeric_limits<double>::lowest();
    State m_state;
};

} // namespace mien
