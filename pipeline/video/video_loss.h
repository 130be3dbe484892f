#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace mien {

/// What of a video could not be decoded: every packet and frame once, however often it was read.
struct VideoLoss
{
    /// When they are shown (or decoded, where they say that alone): packets that the decoder refused, or that were
    /// skipped after one that was, up to the next key frame.
    std::set<std::int64_t> packetsUs;
    std::set<std::int64_t> damagedFramesUs; ///< Whose missing parts the decoder filled in.
    std::int64_t packetsRead = 0;           ///< All of them.
    double missingEndS = 0;                 ///< What the file says to be there behind its last packet.
    double missingShare = 0;                ///< The same, of the whole length.
    std::string endedEarly;                 ///< Why reading stopped before the end of the file; empty: it did not.

    bool isNone() const;
    /// Of what was read, and of the length what is missing at its end; 0 to 1. A packet is a frame, near enough.
    double share() const;
};

/// "12.480 s"
std::string secondsText(double timeS);

/// "DAMAGED_VIDEO" where more than a fifth is lost, otherwise "DECODE_ERROR_AT" (`datasets.md` 9).
const char *problemOf(const VideoLoss &loss);
/// "at 12.480 s: 3 packets could not be decoded and 1 frame is damaged"
std::string textOf(const VideoLoss &loss);

} // namespace mien
