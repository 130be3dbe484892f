#include "pipeline/face/box_overlap.h"

#include <algorithm>

namespace mien {

double overlapOf(const BoxPx &a, const BoxPx &b)
{
    const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
    const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
    if (width <= 0 || height <= 0)
        return 0;
    return width * height / (a.width * a.height + b.width * b.height - width * height);
}

PointPx centreOf(const BoxPx &box)
{
    return {box.x + box.width / 2, box.y + box.height / 2};
}

} // namespace mien
