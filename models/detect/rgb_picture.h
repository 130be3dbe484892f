#pragma once

#include <cstdint>
#include <span>

namespace mien {

/// A picture as detectors read it; the pixels belong to someone else.
struct RgbPicture
{
    std::span<const std::uint8_t> pixels; ///< height * width * 3 bytes, row-major, RGB interleaved.
    int width = 0;
    int height = 0;
};

/// A part of a picture, in whole pixels.
struct PixelWindow
{
    int left = 0;
    int top = 0;
    int width = 0;
    int height = 0;

    bool isEmpty() const { return width <= 0 || height <= 0; }
};

} // namespace mien
