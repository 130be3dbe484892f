#pragma once

#include "models/base/result.h"
#include "pipeline/video/frame_choice.h"
#include "pipeline/video/video.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace mien {

/// Which frames of a video are looked at.
struct FrameSampling
{
    enum class Way {
        PerVideo, ///< `count` frames at the midpoints of equal parts, `marginS` away from both ends.
        EverySeconds,
        EveryFrames,
        Scenes, ///< The first frame, and the first one behind every cut.
    };
    Way way = Way::PerVideo;
    int count = 31;
    double everyS = 1;
    int everyFrames = 1;
    double marginS = 5;  ///< Shrinks to a quarter of a video that is shorter than four of it.
    int maxPerVideo = 0; ///< 0: no limit. Every S and every N frames are spread wider to keep it.
};

/// Goes through a video and stops at the frames that are wanted.
class FrameSampler
{
public:
    FrameSampler(VideoReader &video, const FrameSampling &sampling)
        : m_video(video)
        , m_sampling(sampling)
    {
    }

    /// The next frame to be looked at, which is then the reader's newest; empty at the end. Never the same one twice.
    Result<std::optional<VideoFrame>> next();

    /// Another frame for the one that next() gave last, 0.2 s further on, because that one shows no face: up to ten,
    /// and only where frames are taken PerVideo. Empty: there is none.
    Result<std::optional<VideoFrame>> instead();

    /// How many frames next() will give, as far as the file's head tells. At least 1.
    static std::int64_t expectedFrames(const FrameSampling &sampling, double durationS, double framesPerS);

    /// Whether so dense a sampling can be meant that faces are followed from frame to frame.
    static bool mayBeDense(const FrameSampling &sampling);

    /// Whether frames that next() gives of such a video are at most 0.2 s apart, as far as its head tells.
    static bool isDense(const FrameSampling &sampling, double durationS, double framesPerS);

private:
    Result<> begin();
    Result<std::optional<VideoFrame>> nextMidpoint();
    Result<std::optional<VideoFrame>> nextForward();
    Result<std::optional<VideoFrame>> unseen(double timeS);
    Result<bool> isCut();

    VideoReader &m_video;
    FrameSampling m_sampling;
    bool m_hasBegun = false;
    double m_startS = 0, m_endS = 0;   ///< Of what may be chosen; m_endS 0: not known.
    std::optional<VideoFrame> m_first; ///< Decoded by begin(), not yet looked at.
    std::int64_t m_taken = 0;
    int m_index = 0;      ///< PerVideo: of the next part.
    double m_wantedS = 0; ///< PerVideo: the time that was asked for last.
    int m_tries = 0;
    std::optional<std::int64_t> m_lastPts;
    FrameChoice m_choice;
    std::vector<std::uint8_t> m_scene; ///< Scenes: small grey picture of the frame before.
    double m_lastCutS = 0;
};

} // namespace mien
