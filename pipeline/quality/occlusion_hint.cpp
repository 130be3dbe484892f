#include "pipeline/quality/occlusion_hint.h"

#include "pipeline/face/alignment.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace mien {

namespace {

constexpr int sidePx = 112;
constexpr int stepPx = 2; // each value is the mean of 3 × 3 pixels: finer detail is noise

struct Patch
{
    PointPx centre;
    int halfWidthPx = 0, halfHeightPx = 0;
};

std::vector<double> valuesOf(const Picture &grey, const Patch &patch, bool isMirrored)
{
    const int middleX = int(std::lround(patch.centre.x)), middleY = int(std::lround(patch.centre.y));
    std::vector<double> values;
    for (int y = -patch.halfHeightPx; y <= patch.halfHeightPx; y += stepPx)
        for (int x = -patch.halfWidthPx; x <= patch.halfWidthPx; x += stepPx) {
            double sum = 0;
            for (int dy = -1; dy <= 1; ++dy)
                for (int dx = -1; dx <= 1; ++dx) {
                    const int column = std::clamp(middleX + (isMirrored ? -x : x) + dx, 0, sidePx - 1);
                    const int row = std::clamp(middleY + y + dy, 0, sidePx - 1);
                    sum += grey.pixels[std::size_t(row * sidePx + column)];
                }
            values.push_back(sum / 9);
        }
    return values;
}

/// −1 to 1; what has hardly any contrast is like nothing.
double correlation(const std::vector<double> &a, const std::vector<double> &b)
{
    constexpr double noiseVariance = 25;
    const double n = double(a.size());
    const double meanA = std::accumulate(a.begin(), a.end(), 0.0) / n;
    const double meanB = std::accumulate(b.begin(), b.end(), 0.0) / n;
    double both = 0, varianceA = noiseVariance * n, varianceB = noiseVariance * n;
    for (std::size_t i = 0; i < a.size(); ++i) {
        both += (a[i] - meanA) * (b[i] - meanB);
        varianceA += (a[i] - meanA) * (a[i] - meanA);
        varianceB += (b[i] - meanB) * (b[i] - meanB);
    }
    return both / std::sqrt(varianceA * varianceB);
}

/// Mean of the brightest fifth less that of the darkest.
double contrastOf(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    const auto fifth = std::ptrdiff_t(values.size() / 5);
    const double dark = std::accumulate(values.begin(), values.begin() + fifth, 0.0);
    const double bright = std::accumulate(values.end() - fifth, values.end(), 0.0);
    return (bright - dark) / double(fifth);
}

} // namespace

double occlusionHint(const Imaging &codec, const Picture &aligned)
{
    constexpr double leastContrast = 10; // grey values
    constexpr double livelyShare = 1.6;  // eyes and mouth of a free face differ by up to this
    const Picture small = codec.resized(grey(aligned), sidePx, sidePx);
    const FacePoints5 at = alignedPoints(sidePx);
    const PointPx mouth{(at[3].x + at[4].x) / 2, (at[3].y + at[4].y) / 2};

    const double eyes = correlation(valuesOf(small, {at[0], 14, 11}, false), valuesOf(small, {at[1], 14, 11}, true));
    const auto [flattest, liveliest] = std::minmax({contrastOf(valuesOf(small, {at[0], 12, 9}, false)),
                                                    contrastOf(valuesOf(small, {at[1], 12, 9}, false)),
                                                    contrastOf(valuesOf(small, {mouth, 18, 9}, false))});
    const double flat = 1 - livelyShare * flattest / std::max(leastContrast, liveliest);
    const bool isFlatAllOver = liveliest < leastContrast;
    return isFlatAllOver ? 0 : std::clamp(std::max(1 - eyes, flat), 0.0, 1.0);
}

} // namespace mien
