#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace mien {

/// Five points of a face, x and y of each in pixels: eye, eye, nose, corner and corner of the mouth, left and right as
/// seen in the picture (`models.md` 7.5). (0, 0) is the outer corner of its first pixel, whose centre is (0.5, 0.5).
/// Where they are not known, all are NaN.
using FaceLandmarks = std::array<float, 10>;

constexpr FaceLandmarks unknownLandmarks()
{
    FaceLandmarks points{};
    for (float &value : points)
        value = std::numeric_limits<float>::quiet_NaN();
    return points;
}

inline bool areKnown(const FaceLandmarks &points)
{
    return std::all_of(points.begin(), points.end(), [](float value) { return std::isfinite(value); });
}

/// In a picture that is `factor` times as large.
inline FaceLandmarks scaled(FaceLandmarks points, double factor)
{
    for (float &value : points)
        value = float(value * factor);
    return points;
}

/// Left and right by their other names: eyes and corners of the mouth change places in the list, not in the picture.
inline FaceLandmarks sidesExchanged(FaceLandmarks points)
{
    for (const auto &[left, right] : {std::pair(0, 2), std::pair(6, 8)})
        for (int axis = 0; axis < 2; ++axis)
            std::swap(points[std::size_t(left + axis)], points[std::size_t(right + axis)]);
    return points;
}

/// In the mirrored picture, where what was left is right.
inline FaceLandmarks mirrored(FaceLandmarks points, double widthPx)
{
    for (std::size_t i = 0; i < points.size(); i += 2)
        points[i] = float(widthPx - points[i]);
    return sidesExchanged(points);
}

} // namespace mien
