#pragma once

#include "pipeline/imaging/imaging.h"

namespace mien {

/// Decodes a JPEG row by row with libjpeg, so that the row at which cut-off data ends is known.
/// NotFound: a colour space this decoder leaves to OpenCV (CMYK). Unreadable: damaged beyond the header.
/// @param enoughPx  > 0: decoded at a half, a quarter or an eighth of its size, where its longer side keeps that many
Result<Picture> decodeJpeg(std::span<const std::uint8_t> bytes, int enoughPx = 0);

/// Baseline JPEG, 4:2:0.
/// @param quality  1–100
std::vector<std::uint8_t> encodeJpeg(const Picture &picture, int quality);

} // namespace mien
