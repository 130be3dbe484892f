#pragma once

#include <cstdint>
#include <optional>

namespace mien {

/// Which frames of a video are wanted, decided while it is decoded forward.
class FrameChoice
{
public:
    FrameChoice() = default; ///< All of them.
    /// The first frame and every `count`th behind it.
    static FrameChoice everyFrames(std::int64_t count);
    /// The first frame, and the first one that is not earlier than each further multiple of `seconds` behind it.
    static FrameChoice everySeconds(double seconds);

    /// Asked once for each frame, in order.
    bool takes(double timeS);

    /// What it remembers of the frames it was asked for: one that is given this goes on from there.
    struct State
    {
        std::int64_t seen = 0;       ///< Frames.
        std::optional<double> first; ///< With seconds: time of the first frame,
        std::int64_t steps = 0;      ///< and how many multiples were passed.
    };
    const State &state() const { return m_state; }
    void goOn(const State &from) { m_state = from; }

private:
    std::int64_t m_count = 1;
    double m_seconds = 0;
    State m_state;
};

} // namespace mien
