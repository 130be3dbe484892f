#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mien {

/// The three resampling kernels of `models.md` 0.2. They give different numbers and are not interchangeable: networks
/// trained on one must be fed by the same.

struct ImageSize
{
    int width = 0;
    int height = 0;
};

/// Triangle filter with half-pixel centres, stretched when shrinking, on 8-bit pixels with 8-bit rounding after the
/// horizontal and after the vertical pass: bit for bit what the Python recipes do to decoded pictures.
///
/// @param pixels    from.height * from.width * channels bytes, row-major, channels interleaved
/// @param channels  1 to 4
/// @return to.height * to.width * channels bytes
std::vector<std::uint8_t> resizePilBilinear(std::span<const std::uint8_t> pixels, ImageSize from, int channels,
                                            ImageSize to);

/// Plain bilinear with half-pixel centres, no antialias: torch's bilinear with align_corners = false.
/// @param plane  from.height * from.width values
std::vector<float> resizeHalfpixelBilinear(std::span<const float> plane, ImageSize from, ImageSize to);

/// Source index = floor(index * scale), the scale in single precision as torch computes it.
std::vector<float> resizeNearest(std::span<const float> plane, ImageSize from, ImageSize to);

} // namespace mien
