#include "pipeline/dedup/grey_grid.h"

#include <algorithm>
#include <cstddef>

namespace mien {

namespace {

/// Which of `from` cells a target cell covers: all of those from `first` on, the outer two in part.
struct Cover
{
    int first = 0;
    std::vector<float> shares; ///< Of the target cell; they sum to 1.
};

/// In whole numbers until the last step: a cell of `from` is `to` units long, a target cell `from` units.
std::vector<Cover> coversOf(int from, int to)
{
    std::vector<Cover> covers;
    covers.reserve(std::size_t(to));
    for (int i = 0; i < to; ++i) {
        const std::int64_t begin = std::int64_t(i) * from, end = begin + from;
        Cover cover{int(begin / to), {}};
        for (std::int64_t cell = cover.first; cell * to < end; ++cell) {
            const std::int64_t part = std::min(end, (cell + 1) * to) - std::max(begin, cell * to);
            cover.shares.push_back(float(part) / float(from));
        }
        covers.push_back(std::move(cover));
    }
    return covers;
}

} // namespace

std::vector<float> greyGrid(int widthPx, int heightPx, std::span<const std::uint8_t> plane, int side)
{
    const std::vector<Cover> columns = coversOf(widthPx, side), rows = coversOf(heightPx, side);
    const auto width = std::size_t(widthPx);
    std::vector<float> line(width), grid;
    grid.reserve(std::size_t(side) * std::size_t(side));
    for (const Cover &row : rows) {
        std::fill(line.begin(), line.end(), 0.0f);
        const std::uint8_t *pixels = plane.data() + std::size_t(row.first) * width;
        for (const float share : row.shares) {
            for (std::size_t x = 0; x < width; ++x)
                line[x] += share * float(pixels[x]);
            pixels += width;
        }
        for (const Cover &column : columns) {
            const float *cell = line.data() + column.first;
            float sum = 0;
            for (const float share : column.shares)
                sum += share * *cell++;
            grid.push_back(sum);
        }
    }
    return grid;
}

std::vector<float> greyGrid(const Picture &picture, int side)
{
    if (picture.channels == 1)
        return greyGrid(picture.widthPx, picture.heightPx, picture.pixels, side);
    return greyGrid(picture.widthPx, picture.heightPx, grey(picture).pixels, side);
}

} // namespace mien
