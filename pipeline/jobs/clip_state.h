#pragma once

#include "models/base/result.h"
#include "pipeline/face/face_tracker.h"
#include "pipeline/store/import_writer.h"
#include "pipeline/video/frame_sampler.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// How far the extraction of a video's faces has come: what goes on from here finds what it would have found without a
/// break. Kept with the faces up to here.
struct ClipState
{
    int turnDeg = 0; ///< Clockwise, that makes the frames upright.
    ExtractionCounts counts;
    std::vector<double> noFaceS;                 ///< Times at which a face was wanted and none was found.
    std::int64_t gated = 0;                      ///< Faces that a threshold left out,
    std::map<std::string, std::int64_t> gatedBy; ///< by threshold.
    VideoLoss loss;                              ///< But for its end.
    FrameSampler::State sampler;
    std::optional<FaceTracker::State> tracker; ///< Where faces are followed.

    bool isWhole() const { return loss.packetsUs.empty() && loss.damagedFramesUs.empty(); }

    /// JSON, every number exact.
    std::string text() const;
    /// Invalid: it was written by another version.
    static Result<ClipState> read(std::string_view text);
};

} // namespace mien
