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

private:
    std::int64_t m_count = 1;
    double m_seconds = 0;
    std::int64_t m_seen = 0;
    std::optional<double> m_first; ///< With seconds: time of the first frame,
    std::int64_t m_steps = 0;      ///< and how many multiples were passed.
};

} // namespace mien
