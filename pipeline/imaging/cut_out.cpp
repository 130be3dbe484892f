#include "pipeline/imaging/cut_out.h"

#include "pipeline/imaging/picture_header.h"

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

constexpr double farthestPx = 1e6;

struct Edges
{
    int left = 0, top = 0, right = 0, bottom = 0;
};

std::optional<Edges> edgesOf(const BoxPx &box)
{
    for (const double value : {box.x, box.y, box.width, box.height})
        if (!(std::abs(value) <= farthestPx))
            return std::nullopt;
    if (box.width <= 0 || box.height <= 0)
        return std::nullopt;
    const int left = int(std::lround(box.x)), top = int(std::lround(box.y));
    return Edges{left, top, std::max(left + 1, int(std::lround(box.x + box.width))),
                 std::max(top + 1, int(std::lround(box.y + box.height)))};
}

} // namespace

bool canCutOut(const BoxPx &box, int widthPx, int heightPx)
{
    const auto edges = edgesOf(box);
    if (!edges || edges->left >= widthPx || edges->top >= heightPx || edges->right <= 0 || edges->bottom <= 0)
        return false;
    const std::int64_t width = edges->right - edges->left, height = edges->bottom - edges->top;
    return width <= maxPictureSidePx && height <= maxPictureSidePx && width * height <= maxPicturePixels;
}

Picture cutOut(const Picture &picture, const BoxPx &box)
{
    if (!canCutOut(box, picture.widthPx, picture.heightPx))
        return picture;
    const Edges edges = *edgesOf(box);
    Picture part;
    part.widthPx = edges.right - edges.left;
    part.heightPx = part.decodedRows = edges.bottom - edges.top;
    part.channels = picture.channels;
    part.truncated = picture.truncated;
    part.orientation = picture.orientation;
    part.grayAsRgb = picture.grayAsRgb;
    const std::size_t channels = std::size_t(picture.channels);
    part.pixels.resize(std::size_t(part.widthPx) * std::size_t(part.heightPx) * channels);
    const int left = std::max(edges.left, 0), right = std::min(edges.right, picture.widthPx);
    for (int y = std::max(edges.top, 0); y < std::min(edges.bottom, picture.heightPx); ++y) {
        const auto from =
            picture.pixels.begin() +
            std::ptrdiff_t((std::size_t(y) * std::size_t(picture.widthPx) + std::size_t(left)) * channels);
        const std::size_t row = std::size_t(y - edges.top) * std::size_t(part.widthPx);
        std::copy_n(from, std::size_t(right - left) * channels,
                    part.pixels.begin() + std::ptrdiff_t((row + std::size_t(left - edges.left)) * channels));
    }
    return part;
}

Picture shownOf(Picture picture, const std::optional<BoxPx> &box)
{
    if (box)
        picture = cutOut(picture, *box);
    if (picture.grayAsRgb)
        return grey(picture);
    return picture;
}

} // namespace mien
