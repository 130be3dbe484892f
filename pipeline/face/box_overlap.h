#pragma once

#include "pipeline/face/alignment.h"
#include "pipeline/store/sample.h"

namespace mien {

/// Intersection over union of two boxes that are not empty, 0–1.
double overlapOf(const BoxPx &a, const BoxPx &b);

PointPx centreOf(const BoxPx &box);

} // namespace mien
