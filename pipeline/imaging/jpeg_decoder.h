#pragma once

#include "pipeline/imaging/imaging.h"

namespace mien {

/// Decodes a JPEG row by row with libjpeg, so that the row at which cut-off data ends is known.
/// NotFound: a colour space this decoder leaves to OpenCV (CMYK). Unreadable: damaged beyond the header.
Result<Picture> decodeJpeg(std::span<const std::uint8_t> bytes);

} // namespace mien
