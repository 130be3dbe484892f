#pragma once

#include "pipeline/imaging/imaging.h"

namespace mien {

/// The first frame of a GIF on its canvas; what the frame leaves free or transparent has the background colour.
/// Unreadable: damaged before its first row.
Result<Picture> decodeGif(std::span<const std::uint8_t> bytes);

} // namespace mien
