#pragma once

#include "pipeline/face/alignment.h"

namespace mien {

/// Where a face looks, in degrees. 0, 0, 0: straight into the camera.
struct FacePose
{
    double yawDeg = 0;   ///< Positive: turned to its own left, which is the right of the picture.
    double pitchDeg = 0; ///< Positive: looking up.
    double rollDeg = 0;  ///< Positive: tilted clockwise in the picture.
};

/// From five points: the scaled orthographic projection of a mean face's points in space that fits best (least squares
/// for its two rows, made perpendicular), after "Model-Based Object Pose in 25 Lines of Code" (POS, DeMenthon & Davis
/// 1995). Five points tell yaw and roll well and pitch coarsely: a person's nose and mouth move it by some degrees.
/// Invalid: the points are one.
Result<FacePose> facePoseOf(const FacePoints5 &points);

} // namespace mien
