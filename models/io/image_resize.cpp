#include "models/io/image_resize.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace mien {
namespace {

constexpr int kWeightBits = 22;

/// The inputs that one output index is made of.
struct Taps
{
    int first = 0;
    std::vector<std::int32_t> weights; ///< In units of 2^-22.
};

std::vector<Taps> triangleTaps(int in, int out)
{
    const double scale = double(in) / out;
    const double support = std::max(scale, 1.0);
    std::vector<Taps> taps(static_cast<std::size_t>(out));
    std::vector<double> weights;
    for (int o = 0; o < out; ++o) {
        const double centre = (o + 0.5) * scale;
        const int first = std::max(0, int(centre - support + 0.5));
        const int last = std::min(in, int(centre + support + 0.5));
        weights.clear();
        double sum = 0;
        for (int i = first; i < last; ++i) {
            weights.push_back(std::max(0.0, 1 - std::abs((i - centre + 0.5) * (1 / support))));
            sum += weights.back();
        }
        Taps &tap = taps[std::size_t(o)];
        tap.first = first;
        for (const double weight : weights)
            tap.weights.push_back(std::int32_t(std::floor(weight * (1 / sum) * (1 << kWeightBits) + 0.5)));
    }
    return taps;
}

/// One pass along an axis: `count` lines of `out` pixels; pixel p of a line is `step` bytes after pixel p - 1.
void pass(const std::uint8_t *from, std::uint8_t *to, const std::vector<Taps> &taps, int step)
{
    for (std::size_t o = 0; o < taps.size(); ++o) {
        std::int64_t sum = std::int64_t(1) << (kWeightBits - 1);
        const std::uint8_t *pixel = from + std::ptrdiff_t(taps[o].first) * step;
        for (const std::int32_t weight : taps[o].weights) {
            sum += std::int64_t(weight) * *pixel;
            pixel += step;
        }
        to[std::ptrdiff_t(o) * step] = std::uint8_t(std::clamp<std::int64_t>(sum >> kWeightBits, 0, 255));
    }
}

/// Position and weight of the two inputs between which an output index lies.
struct Between
{
    std::size_t lower, upper;
    float share; ///< Of the upper one.
};

std::vector<Between> betweens(int in, int out)
{
    std::vector<Between> result;
    const float scale = float(in) / float(out);
    for (int o = 0; o < out; ++o) {
        const float at = std::max(0.0f, scale * (float(o) + 0.5f) - 0.5f);
        const int lower = std::min(int(at), in - 1);
        result.push_back({std::size_t(lower), std::size_t(std::min(lower + 1, in - 1)), at - float(lower)});
    }
    return result;
}

std::vector<std::size_t> nearestIndices(int in, int out)
{
    std::vector<std::size_t> result;
    const float scale = float(in) / float(out);
    for (int o = 0; o < out; ++o)
        result.push_back(std::size_t(std::min(int(std::floor(float(o) * scale)), in - 1)));
    return result;
}

} // namespace

std::vector<std::uint8_t> resizePilBilinear(std::span<const std::uint8_t> pixels, ImageSize from, int channels,
                                            ImageSize to)
{
    assert(from.width > 0 && from.height > 0 && to.width > 0 && to.height > 0);
    assert(pixels.size() == std::size_t(from.width) * std::size_t(from.height) * std::size_t(channels));
    const std::size_t inRow = std::size_t(from.width) * std::size_t(channels);
    const std::size_t outRow = std::size_t(to.width) * std::size_t(channels);

    std::vector<std::uint8_t> wide(outRow * std::size_t(from.height));
    const auto columns = triangleTaps(from.width, to.width);
    for (std::size_t y = 0; y < std::size_t(from.height); ++y)
        for (int c = 0; c < channels; ++c)
            pass(pixels.data() + y * inRow + c, wide.data() + y * outRow + c, columns, channels);

    std::vector<std::uint8_t> result(outRow * std::size_t(to.height));
    const auto rows = triangleTaps(from.height, to.height);
    for (std::size_t x = 0; x < outRow; ++x)
        pass(wide.data() + x, result.data() + x, rows, int(outRow));
    return result;
}

std::vector<float> resizeHalfpixelBilinear(std::span<const float> plane, ImageSize from, ImageSize to)
{
    assert(plane.size() == std::size_t(from.width) * std::size_t(from.height));
    const auto columns = betweens(from.width, to.width);
    const auto rows = betweens(from.height, to.height);
    const auto width = std::size_t(from.width);
    std::vector<float> result;
    result.reserve(rows.size() * columns.size());
    for (const Between &row : rows) {
        const float *upper = plane.data() + row.lower * width;
        const float *lower = plane.data() + row.upper * width;
        for (const Between &column : columns) {
            const float above = upper[column.lower] * (1 - column.share) + upper[column.upper] * column.share;
            const float below = lower[column.lower] * (1 - column.share) + lower[column.upper] * column.share;
            result.push_back(above * (1 - row.share) + below * row.share);
        }
    }
    return result;
}

std::vector<float> resizeNearest(std::span<const float> plane, ImageSize from, ImageSize to)
{
    assert(plane.size() == std::size_t(from.width) * std::size_t(from.height));
    const auto columns = nearestIndices(from.width, to.width);
    std::vector<float> result;
    for (const std::size_t row : nearestIndices(from.height, to.height))
        for (const std::size_t column : columns)
            result.push_back(plane[row * std::size_t(from.width) + column]);
    return result;
}

} // namespace mien
