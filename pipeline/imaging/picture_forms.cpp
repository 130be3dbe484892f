// Forms of a decoded picture that need no library.
#include "pipeline/imaging/imaging.h"

#include <cstddef>
#include <utility>

namespace mien {

Picture upright(Picture picture)
{
    if (picture.orientation <= 1 || picture.orientation > 8)
        return picture;
    const bool transposed = picture.orientation >= 5;
    Picture turned;
    turned.widthPx = transposed ? picture.heightPx : picture.widthPx;
    turned.heightPx = transposed ? picture.widthPx : picture.heightPx;
    turned.channels = picture.channels;
    turned.truncated = picture.truncated;
    turned.decodedRows = picture.decodedRows;
    turned.grayAsRgb = picture.grayAsRgb;
    turned.pixels.resize(picture.pixels.size());
    // Where the first pixel of a row is taken from, and how far it is to the one of the next column, in pixels.
    const std::ptrdiff_t width = picture.widthPx, lastX = picture.widthPx - 1, lastY = picture.heightPx - 1;
    const std::ptrdiff_t channels = picture.channels;
    std::uint8_t *to = turned.pixels.data();
    for (std::ptrdiff_t y = 0; y < turned.heightPx; ++y) {
        std::ptrdiff_t from = 0, step = 0;
        switch (picture.orientation) {
        case 2: from = y * width + lastX, step = -1; break;
        case 3: from = (lastY - y) * width + lastX, step = -1; break;
        case 4: from = (lastY - y) * width, step = 1; break;
        case 5: from = y, step = width; break;
        case 6: from = lastY * width + y, step = -width; break;
        case 7: from = lastY * width + lastX - y, step = -width; break;
        default: from = lastX - y, step = width; break;
        }
        const std::uint8_t *pixel = picture.pixels.data() + from * channels;
        for (int x = 0; x < turned.widthPx; ++x, pixel += step * channels)
            for (std::ptrdiff_t c = 0; c < channels; ++c)
                *to++ = pixel[c];
    }
    return turned;
}

Picture grey(const Picture &picture)
{
    if (picture.channels == 1)
        return picture;
    Picture result;
    result.widthPx = picture.widthPx;
    result.heightPx = picture.heightPx;
    result.channels = 1;
    result.truncated = picture.truncated;
    result.decodedRows = picture.decodedRows;
    result.orientation = picture.orientation;
    const std::size_t count = std::size_t(picture.widthPx) * std::size_t(picture.heightPx);
    result.pixels.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t r = picture.pixels[3 * i], g = picture.pixels[3 * i + 1], b = picture.pixels[3 * i + 2];
        result.pixels[i] = std::uint8_t((r * 19595u + g * 38470u + b * 7471u + 32768u) >> 16);
    }
    return result;
}

Picture rgb(Picture picture)
{
    if (picture.channels == 3)
        return picture;
    const std::vector<std::uint8_t> values = std::move(picture.pixels);
    picture.channels = 3;
    picture.pixels.clear();
    picture.pixels.resize(values.size() * 3);
    for (std::size_t i = 0; i < values.size(); ++i)
        picture.pixels[3 * i] = picture.pixels[3 * i + 1] = picture.pixels[3 * i + 2] = values[i];
    return picture;
}

} // namespace mien
