#pragma once

#include "pipeline/face/alignment.h"
#include "pipeline/imaging/imaging.h"

#include <array>

namespace mien {

/// How much of the eyes and of the mouth's inside one face shows, before it is held against the person's own levels
/// (opening_curves.h). An open eye shows iris, pupil and white between the lids, a closed one the line of the lashes;
/// an open mouth its dark inside. Our own measure: it needs no more than the five points of a detector, and stands in
/// where 68 landmarks are not installed.
struct ShownExtents
{
    /// Mean height of what differs from the skin, weighed by how much, in shares of the distance of the eyes; left and
    /// right as in the picture.
    std::array<double, 2> eye{};
    double mouth = 0; ///< Mean height of its dark inside between the corners, in shares of the distance of the eyes.
};

/// @param frame  1 or 3 channels, upright
/// Invalid: points that lie on one place.
Result<ShownExtents> shownExtentsOf(const Imaging &codec, const Picture &frame, const FacePoints5 &points);

} // namespace mien
