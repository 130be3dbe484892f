#include "pipeline/face/upright_box.h"

#include <utility>

namespace mien {

BoxPx uprightBox(const BoxPx &box, int widthPx, int heightPx, int orientation)
{
    const double right = widthPx - box.x - box.width, below = heightPx - box.y - box.height;
    switch (orientation) {
    case 2: return {right, box.y, box.width, box.height};
    case 3: return {right, below, box.width, box.height};
    case 4: return {box.x, below, box.width, box.height};
    case 5: return {box.y, box.x, box.height, box.width};
    case 6: return {below, box.x, box.height, box.width};
    case 7: return {below, right, box.height, box.width};
    case 8: return {box.y, right, box.height, box.width};
    default: return box;
    }
}

Picture turnedUpright(Picture stored, int turnDeg)
{
    Picture frame = upright(std::move(stored));
    if (turnDeg == 0)
        return frame;
    frame.orientation = turnDeg == 90 ? 6 : turnDeg == 180 ? 3 : 8; // EXIF's numbers for these turns
    return upright(std::move(frame));
}

UprightView::UprightView(const Picture &stored, int turnDeg)
    : m_stored(&stored)
    , m_isTurned(stored.orientation > 1 || turnDeg != 0)
{
    if (m_isTurned)
        m_turned = turnedUpright(stored, turnDeg);
}

} // namespace mien
