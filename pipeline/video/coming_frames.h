#pragma once

#include "pipeline/video/frame_choice.h"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace mien {

/// Which frames lie ahead in a video, known from its packets before they are decoded: each packet is one frame, which
/// is shown at the packet's time. Holds what it foretells against the frames that come out of the decoder.
///
/// Times are presentation time stamps (PTS) and decoding time stamps (DTS) in units of the stream's time base.
class ComingFrames
{
public:
    void clear() { *this = {}; }

    /// The next packet, in decoding order. False: it does not fit to those before it, so nothing is sure any more.
    /// @param mostHeldBack  frames a decoder holds back to bring them into order; with more ahead of this one, it would
    /// drop some
    bool read(std::int64_t pts, std::int64_t dts, int mostHeldBack);
    void readAll() { m_hasAll = true; } ///< There are no more packets.

    /// Whether a frame has come out. Before that nothing is foretold: the first packets may give no frames.
    bool hasBegun() const { return m_shown.has_value(); }

    /// Asks `choice` for the frames up to which the order is known. It was asked for those that came out before.
    void settle(FrameChoice &choice, double tickS);
    std::optional<bool> isWanted(std::int64_t pts) const; ///< Empty: it is not settled yet.

    /// The frame that is shown behind the one at `pts`, as far as packets were read.
    std::optional<std::int64_t> following(std::int64_t pts) const;
    bool isComing(std::int64_t pts) const { return m_frames.contains(pts); }
    /// Whether all packets were read whose frames are shown up to then.
    bool knowsUpTo(std::int64_t pts) const { return m_hasAll || (m_newestDts && *m_newestDts >= pts); }

    /// The packet goes to the decoder, which may leave its frame out.
    void sent(std::int64_t pts, bool mayBeLeftOut);

    /// A frame came out of the decoder.
    /// @return PTS of the frames in front of it that were left out, in their order; empty: it is not the one that had
    /// to come
    std::optional<std::vector<std::int64_t>> shown(std::int64_t pts);
    /// The decoder has given its last one. Returns the same.
    std::optional<std::vector<std::int64_t>> ended();

private:
    struct Frame
    {
        std::optional<bool> isWanted = {};
        bool isSent = false;
        bool mayBeLeftOut = false;
    };
    using Frames = std::map<std::int64_t, Frame>;

    std::optional<std::vector<std::int64_t>> leftOutBefore(Frames::iterator end);

    Frames m_frames; ///< By PTS: not yet come out.
    std::optional<std::int64_t> m_newestDts, m_shown;
    bool m_hasAll = false;
};

} // namespace mien
