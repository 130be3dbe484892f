#pragma once

#include "pipeline/imaging/imaging.h"
#include "pipeline/store/sample.h"

namespace mien {

/// Whether a box can be cut out of a picture of this size: it shares a pixel with it, and is no larger than pictures
/// may be (20,000 px a side, 100 Mpx).
bool canCutOut(const BoxPx &box, int widthPx, int heightPx);

/// What a box shows of a picture, in its stored pixels; black where the box reaches beyond it. A box that cannot be cut
/// out shows the whole picture.
Picture cutOut(const Picture &picture, const BoxPx &box);

/// What a sample shows of its decoded picture, as it is hashed: its box, and one channel where three are equal. It is
/// not turned upright yet.
Picture shownOf(Picture picture, const std::optional<BoxPx> &box);

} // namespace mien
