#include "pipeline/drowsiness/landmark_openings.h"

#include <cmath>

namespace mien {

namespace {

double distance(PointPx a, PointPx b)
{
    return std::hypot(a.x - b.x, a.y - b.y);
}

} // namespace

Result<ShownExtents> shownExtentsOf(std::span<const PointPx> p)
{
    if (p.size() != 68)
        return fail(ErrorCode::Invalid, "There are " + std::to_string(p.size()) + " landmarks instead of 68.");
    ShownExtents extents;
    for (const std::size_t side : {0u, 1u}) {
        const std::size_t first = side == 0 ? 36 : 42; // outer corner, two above, inner corner, two below
        const double width = distance(p[first], p[first + 3]);
        extents.eye[side] = (distance(p[first + 1], p[first + 5]) + distance(p[first + 2], p[first + 4])) / (2 * width);
    }
    extents.mouth =
        (distance(p[61], p[67]) + distance(p[62], p[66]) + distance(p[63], p[65])) / (3 * distance(p[60], p[64]));
    if (!std::isfinite(extents.eye[0] + extents.eye[1] + extents.mouth))
        return fail(ErrorCode::Invalid, "Landmarks of an eye or of the mouth lie on one place.");
    return extents;
}

} // namespace mien
