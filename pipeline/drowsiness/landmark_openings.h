#pragma once

#include "pipeline/drowsiness/eye_patch.h"

#include <span>

namespace mien {

/// The same of 68 landmarks (iBUG 300-W order): the eye aspect ratio of each eye ("Real-Time Eye Blink Detection using
/// Facial Landmarks", Soukupova & Cech 2016), and the height of the inner lips by their width.
/// Invalid unless there are 68, or where an eye or the mouth has no width.
Result<ShownExtents> shownExtentsOf(std::span<const PointPx> landmarks68);

} // namespace mien
