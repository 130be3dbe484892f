#pragma once

#include "pipeline/imaging/imaging.h"

namespace mien {

/// Decodes a PNG row by row with libpng, so that the row at which cut-off or damaged data ends is known.
/// Unreadable: damaged before the first row.
Result<Picture> decodePng(std::span<const std::uint8_t> bytes);

} // namespace mien
