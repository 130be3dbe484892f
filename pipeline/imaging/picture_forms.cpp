// Forms of a decoded picture that need no library.
#include "pipeline/imaging/imaging.h"

namespace mien {

Picture upright(const Picture &picture)
{
    if (picture.orientation <= 1 || picture.orientation > 8)
        return picture;
    const bool transposed = picture.orientation >= 5;
    Picture turned = picture;
    turned.orientation = 1;
    turned.widthPx = transposed ? picture.heightPx : picture.widthPx;
    turned.heightPx = transposed ? picture.widthPx : picture.heightPx;
    const int lastX = picture.widthPx - 1, lastY = picture.heightPx - 1;
    const int channels = picture.channels;
    for (int y = 0; y < turned.heightPx; ++y) {
        for (int x = 0; x < turned.widthPx; ++x) {
            int fromX = x, fromY = y;
            switch (picture.orientation) {
            case 2: fromX = lastX - x; break;
            case 3:
                fromX = lastX - x;
                fromY = lastY - y;
                break;
            case 4: fromY = lastY - y; break;
            case 5:
                fromX = y;
                fromY = x;
                break;
            case 6:
                fromX = y;
                fromY = lastY - x;
                break;
            case 7:
                fromX = lastX - y;
                fromY = lastY - x;
                break;
            case 8:
                fromX = lastX - y;
                fromY = x;
                break;
            default: break;
            }
            for (int c = 0; c < channels; ++c)
                turned.pixels[(std::size_t(y) * std::size_t(turned.widthPx) + std::size_t(x)) * std::size_t(channels) +
                              std::size_t(c)] =
                    picture.pixels[(std::size_t(fromY) * std::size_t(picture.widthPx) + std::size_t(fromX)) *
                                       std::size_t(channels) +
                                   std::size_t(c)];
        }
    }
    return turned;
}

Picture grey(const Picture &picture)
{
    if (picture.channels == 1)
        return picture;
    Picture result = picture;
    result.channels = 1;
    result.grayAsRgb = false;
    const std::size_t count = std::size_t(picture.widthPx) * std::size_t(picture.heightPx);
    result.pixels.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t r = picture.pixels[3 * i], g = picture.pixels[3 * i + 1], b = picture.pixels[3 * i + 2];
        result.pixels[i] = std::uint8_t((r * 19595u + g * 38470u + b * 7471u + 32768u) >> 16);
    }
    return result;
}

Picture rgb(const Picture &picture)
{
    if (picture.channels == 3)
        return picture;
    Picture result = picture;
    result.channels = 3;
    result.pixels.resize(picture.pixels.size() * 3);
    for (std::size_t i = 0; i < picture.pixels.size(); ++i)
        result.pixels[3 * i] = result.pixels[3 * i + 1] = result.pixels[3 * i + 2] = picture.pixels[i];
    return result;
}

} // namespace mien
