#include "pipeline/quality/crop_quality.h"

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

constexpr int sidePx = 112;

/// Mean and variance.
struct Moments
{
    double sum = 0, squares = 0, count = 0;

    void add(double value)
    {
        sum += value;
        squares += value * value;
        ++count;
    }
    double mean() const { return sum / count; }
    double variance() const { return std::max(0.0, squares / count - mean() * mean()); }
};

} // namespace

CropQuality qualityOf(const Imaging &codec, const Picture &crop)
{
    const Picture small = codec.resized(grey(crop), sidePx, sidePx);
    Moments values, laplacian;
    for (int y = 0; y < sidePx; ++y)
        for (int x = 0; x < sidePx; ++x) {
            const auto at = [&](int column, int row) {
                return double(small.pixels[std::size_t(row) * sidePx + std::size_t(column)]);
            };
            values.add(at(x, y));
            if (x > 0 && y > 0 && x + 1 < sidePx && y + 1 < sidePx)
                laplacian.add(at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4 * at(x, y));
        }
    return {.blur = laplacian.variance(), .exposure = values.mean(), .contrast = std::sqrt(values.variance())};
}

} // namespace mien
