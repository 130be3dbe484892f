#pragma once

#include "pipeline/imaging/imaging.h"
#include "pipeline/store/sample.h"

namespace mien {

/// A box of a stored picture where it lies once the picture is upright (EXIF orientation 1 to 8).
BoxPx uprightBox(const BoxPx &box, int widthPx, int heightPx, int orientation);

/// A picture as stored, made upright by its own orientation and then turned clockwise by 0, 90, 180 or 270 degrees.
Picture turnedUpright(const Picture &stored, int turnDeg);

} // namespace mien
