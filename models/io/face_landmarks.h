#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <tuple>
#include <utility>

namespace mien {

/// Five points of a face, x and y of each in pixels: eye, eye, nose, corner and corner of the mouth, left and right as
/// seen in the picture (`models.md` 7.5). (0, 0) is the outer corner of its first pixel, whose centre is (0.5, 0.5).
/// Where they are not known, all are NaN.
using FaceLandmarks = std::array<float, 10>;

/// 68 points of a face in the order of iBUG 300-W, x and y of each as in FaceLandmarks: jaw 0 to 16, brows 17 to 26,
/// nose 27 to 35, eyes 36 to 47, mouth 48 to 67. Where they are not known, all are NaN.
using FaceOutline = std::array<float, 136>;

template <std::size_t numbers>
constexpr std::array<float, numbers> unknownPoints()
{
    std::array<float, numbers> points{};
    for (float &value : points)
        value = std::numeric_limits<float>::quiet_NaN();
    return points;
}

constexpr FaceLandmarks unknownLandmarks()
{
    return unknownPoints<std::tuple_size_v<FaceLandmarks>>();
}

constexpr FaceOutline unknownOutline()
{
    return unknownPoints<std::tuple_size_v<FaceOutline>>();
}

template <std::size_t numbers>
bool areKnown(const std::array<float, numbers> &points)
{
    return std::all_of(points.begin(), points.end(), [](float value) { return std::isfinite(value); });
}

/// In a picture that is `factor` times as large.
template <std::size_t numbers>
std::array<float, numbers> scaled(std::array<float, numbers> points, double factor)
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

/// Which of the 68 points a mirror puts in the place of point `i`.
constexpr std::size_t mirroredPoint(std::size_t i)
{
    constexpr std::size_t rightEye[] = {45, 44, 43, 42, 47, 46};
    if (i < 17)
        return 16 - i;
    if (i < 27)
        return 43 - i;
    if (i < 31)
        return i; // the bridge of the nose
    if (i < 36)
        return 66 - i;
    if (i < 42)
        return rightEye[i - 36];
    if (i < 48)
        return i < 46 ? 81 - i : 87 - i;
    if (i < 60)
        return i < 55 ? 102 - i : 114 - i;
    return i < 65 ? 124 - i : 132 - i;
}

inline FaceOutline sidesExchanged(const FaceOutline &points)
{
    FaceOutline exchanged{};
    for (std::size_t i = 0; i < points.size() / 2; ++i) {
        exchanged[2 * i] = points[2 * mirroredPoint(i)];
        exchanged[2 * i + 1] = points[2 * mirroredPoint(i) + 1];
    }
    return exchanged;
}

/// In the mirrored picture, where what was left is right.
template <std::size_t numbers>
std::array<float, numbers> mirrored(std::array<float, numbers> points, double widthPx)
{
    for (std::size_t i = 0; i < points.size(); i += 2)
        points[i] = float(widthPx - points[i]);
    return sidesExchanged(points);
}

} // namespace mien
