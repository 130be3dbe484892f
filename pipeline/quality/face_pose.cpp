#include "pipeline/quality/face_pose.h"

#include <array>
#include <cmath>
#include <numbers>

namespace mien {

namespace {

using Vector3 = std::array<double, 3>;

double dot(const Vector3 &a, const Vector3 &b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

Vector3 cross(const Vector3 &a, const Vector3 &b)
{
    return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

Vector3 scaled(const Vector3 &a, double by)
{
    return {a[0] * by, a[1] * by, a[2] * by};
}

/// The five points of a mean adult face in millimetres around their mean: x to the right of the picture, y down,
/// z towards the camera. Across they are the template of alignment.h; the depths are those of an average head: the tip
/// of the nose 30 mm before the eyes, the corners of the mouth 8 mm.
std::array<Vector3, 5> meanFace()
{
    constexpr double mmOfTemplatePx = 63.0 / 35.24; // eyes are 63 mm apart
    constexpr std::array<double, 5> depthMm{0, 0, 30, 8, 8};
    const FacePoints5 flat = alignedPoints(112);
    std::array<Vector3, 5> face{};
    Vector3 mean{};
    for (std::size_t i = 0; i < face.size(); ++i) {
        face[i] = {flat[i].x * mmOfTemplatePx, flat[i].y * mmOfTemplatePx, depthMm[i]};
        for (std::size_t k = 0; k < 3; ++k)
            mean[k] += face[i][k] / double(face.size());
    }
    for (Vector3 &point : face)
        for (std::size_t k = 0; k < 3; ++k)
            point[k] -= mean[k];
    return face;
}

/// x with m x = b.
Vector3 solved(const std::array<Vector3, 3> &m, const Vector3 &b)
{
    const double determinant = dot(m[0], cross(m[1], m[2]));
    const std::array<Vector3, 3> adjugateRows = {cross(m[1], m[2]), cross(m[2], m[0]), cross(m[0], m[1])};
    Vector3 x{};
    for (std::size_t k = 0; k < 3; ++k)
        x[k] = (adjugateRows[0][k] * b[0] + adjugateRows[1][k] * b[1] + adjugateRows[2][k] * b[2]) / determinant;
    return x;
}

} // namespace

Result<FacePose> facePoseOf(const FacePoints5 &points)
{
    static const std::array<Vector3, 5> face = meanFace();
    PointPx mean;
    for (const PointPx &point : points)
        mean = {mean.x + point.x / 5, mean.y + point.y / 5};
    std::array<Vector3, 3> normal{};
    Vector3 right{}, down{};
    for (std::size_t i = 0; i < points.size(); ++i)
        for (std::size_t row = 0; row < 3; ++row) {
            for (std::size_t column = 0; column < 3; ++column)
                normal[row][column] += face[i][row] * face[i][column];
            right[row] += face[i][row] * (points[i].x - mean.x);
            down[row] += face[i][row] * (points[i].y - mean.y);
        }
    Vector3 x = solved(normal, right), y = solved(normal, down);
    const double xLength = std::sqrt(dot(x, x)), yLength = std::sqrt(dot(y, y));
    if (!(xLength > 1e-9) || !(yLength > 1e-9) || !std::isfinite(xLength + yLength))
        return fail(ErrorCode::Invalid, "The points of the face are all the same, or not numbers.");
    x = scaled(x, 1 / xLength);
    y = scaled(y, 1 / yLength);
    // Two unit rows that are not quite perpendicular: both give way by half.
    Vector3 sum{}, difference{};
    for (std::size_t k = 0; k < 3; ++k) {
        sum[k] = x[k] + y[k];
        difference[k] = x[k] - y[k];
    }
    const double sumLength = std::sqrt(dot(sum, sum)), differenceLength = std::sqrt(dot(difference, difference));
    if (!(sumLength > 1e-9) || !(differenceLength > 1e-9))
        return fail(ErrorCode::Invalid, "The points of the face lie on one line.");
    for (std::size_t k = 0; k < 3; ++k) {
        x[k] = (sum[k] / sumLength + difference[k] / differenceLength) / std::numbers::sqrt2;
        y[k] = (sum[k] / sumLength - difference[k] / differenceLength) / std::numbers::sqrt2;
    }
    const Vector3 z = cross(x, y); // third row: depth in the camera's frame
    constexpr double degrees = 180 / std::numbers::pi;
    // In-plane turn after yaw after pitch: the third row holds what the turn does not touch.
    return FacePose{.yawDeg = std::atan2(-z[0], std::hypot(z[1], z[2])) * degrees,
                    .pitchDeg = std::atan2(z[1], z[2]) * degrees,
                    .rollDeg = std::atan2(y[0], x[0]) * degrees};
}

} // namespace mien
