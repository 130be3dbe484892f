#pragma once

#include "pipeline/store/sample.h"

#include <span>

namespace mien {

/// Identity of decoded pixels: XXH3 128 bit over interleaved bytes, seeded with the size, so that equal hash means
/// pixel-identical whatever file the pixels came from.
Hash128 pixelHash(int widthPx, int heightPx, int channels, std::span<const std::uint8_t> pixels);
/// XXH3 128 bit of bytes.
Hash128 bytesHash(std::span<const std::uint8_t> bytes);

} // namespace mien
