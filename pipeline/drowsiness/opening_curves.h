#pragma once

#include "pipeline/drowsiness/eye_patch.h"
#include "pipeline/quality/face_pose.h"
#include "pipeline/store/strips.h"

#include <optional>
#include <span>

namespace mien {

/// What was seen in one frame of a video.
struct FrameLook
{
    double timeS = 0;
    struct Face
    {
        ShownExtents extents;
        FacePose pose;
    };
    std::optional<Face> face; ///< Empty: none was found.
};

/// Curves, closures of the eyes, PERCLOS and blinks of a video.
///
/// 1. An eye's extent is put between two levels of this person in this video: open, the 80th percentile, and closed,
///    the median of the third next to the least. Without any closed eye the closed level is a share of the open one.
/// 2. The eyes are averaged, the far one of a turned head less and less; where they differ much, a hand or hair hides
///    one, and the other counts. A median of three frames takes out jumps of the points; gaps of up to half a second in
///    which no face was found are bridged.
/// 3. A closure begins where the opening falls below 0.5, goes below 0.3, and ends where it rises above 0.6; PERCLOS
/// ("P80": at least
///    80 % closed, Wierwille & Ellsworth 1994) counts the time below 0.2.
///
/// @param frames  in order; at 15 frames/s or more, or short blinks are missed
/// @param closedShare  closed level as a share of the open one, where no eye closes: 0.35 of patches, 0.3 of landmarks
DrowsinessStrip stripFrom(std::span<const FrameLook> frames, std::string measuredBy, double closedShare = 0.35);

/// What a strip says of a moment: values of SampleMeasures; without those of the eyes where no face was seen.
std::map<std::string, double> measuresAt(const DrowsinessStrip &strip, double timeS);

} // namespace mien
