#pragma once

#include "pipeline/imaging/imaging.h"

namespace mien {

/// A hint that something lies before an eye or the mouth: 0 nothing, 1 surely. The larger of two: how unlike the eyes
/// are, one mirrored (1 − correlation), and how flat the flattest of eyes and mouth is beside the liveliest. A hand
/// over the whole face, a wink, sidelight and a head turned far aside read like each other: it sorts what a person
/// should look at, it decides nothing. Low contrast all over is no occlusion.
/// @param aligned  1 or 3 channels, square, its eyes and mouth where alignedPoints() has them
double occlusionHint(const Imaging &codec, const Picture &aligned);

} // namespace mien
