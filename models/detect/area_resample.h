#pragma once

#include "models/detect/rgb_picture.h"
#include "models/io/image_resize.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mien {

/// Area resampling as MTCNN does it: adaptive average pooling (`models.md` 7.3). Output cell i of n covers the inputs
/// floor(i * size / n) to ceil((i + 1) * size / n) - 1, so neighbours may share a pixel, and growing repeats pixels.

/// @param plane  from.height * from.width values; all sides at least 1
std::vector<float> areaResample(std::span<const float> plane, ImageSize from, ImageSize to);

/// Resamples a window of an 8-bit picture row by row and normalises it as preset `mtcnn` says, (u - 127.5) / 128,
/// without a float copy of the picture. Sums are whole numbers, so the means are as exact as float holds them.
class AreaRows
{
public:
    /// The window must lie in the picture and not be empty; the picture must outlive this object.
    AreaRows(const RgbPicture &picture, const PixelWindow &window, ImageSize to);

    /// @param out  to.width * 3 values, RGB interleaved
    void row(int index, float *out);

private:
    const RgbPicture &m_picture;
    PixelWindow m_window;
    ImageSize m_to;
    std::vector<std::uint32_t> m_columns; ///< Sums over the rows of the cells, window.width * 3.
};

/// A copy with half of the width and height, which are even: means of two by two pixels, rounded to nearest.
std::vector<std::uint8_t> halved(const RgbPicture &picture);

} // namespace mien
