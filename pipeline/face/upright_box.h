#pragma once

#include "pipeline/store/sample.h"

namespace mien {

/// A box of a stored picture where it lies once the picture is upright (EXIF orientation 1 to 8).
BoxPx uprightBox(const BoxPx &box, int widthPx, int heightPx, int orientation);

} // namespace mien
