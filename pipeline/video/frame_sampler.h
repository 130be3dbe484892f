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

    /// Where it is in the video, between two calls of next(), in which nothing of the video's pixels but a small copy
    /// is kept. Another one, of the same file and sampling, goes on from there.
    struct State
    {
        bool hasBegun = false;
        double startS = 0, endS = 0; ///< Of what may be chosen; endS 0: not known.
        std::int64_t taken = 0;
        int index = 0;                       ///< PerVideo: of the next part.
        std::optional<std::int64_t> lastPts; ///< PerVideo: of the frame that was looked at last.
        FrameChoice::State choice;           ///< The other ways: asked for each frame that was gone through,
        VideoFrame newest;                   ///< and the last of them.
        std::vector<std::uint8_t> scene;     ///< Scenes: small grey picture of the frame before.
        double lastCutS = 0;
    };
    const State &state() const { return m_state; }

    /// Before the first next(), of a video of which no frame was read yet: brings the video and this to where `from`
    /// was. Frames are decoded forward from a key frame before it where that gives the same, else from the first one.
    /// @param isWhole  nothing of the video was lost or damaged up to there
    /// Unreadable: the video does not reach that far.
    Result<> goOn(const State &from, bool isWhole);

    /// The next frame to be looked at, which is then the reader's newest; empty at the end. Never the same one twice.
    Result<std::optional<VideoFrame>> next();

    /// Another frame for the one that next() gave last, 0.2 s further on, because that one shows no face: up to ten,
    /// and only where frames are taken PerVideo. Empty: there is none.
    Result<std::optional<VideoFrame>> instead();

    /// How many frames next() will give, as far as the file's head tells. At least 1.
    static std::int64_t expectedFrames(const FrameSampling &sampling, double durationS, double framesPerS);

    /// What is left out at both ends of such a video. @param durationS  0: not known, nothing is left out
    static double marginIn(const FrameSampling &sampling, double durationS);

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
    State m_state;
    std::optional<VideoFrame> m_first; ///< Decoded by begin(), wanted, not yet looked at.
    double m_wantedS = 0;              ///< PerVideo: the time that was asked for last,
    int m_tries = 0;                   ///< and how often another one was taken in its place.
};

} // namespace mien
