#pragma once

#include "pipeline/imaging/imaging.h"
#include "pipeline/store/sample.h"

namespace mien {

/// A box of a stored picture where it lies once the picture is upright (EXIF orientation 1 to 8).
BoxPx uprightBox(const BoxPx &box, int widthPx, int heightPx, int orientation);

/// A picture as stored, made upright by its own orientation and then turned clockwise by 0, 90, 180 or 270 degrees.
Picture turnedUpright(Picture stored, int turnDeg);

/// The same for reading alone: a picture that stands upright already is not copied. It must outlive the view.
class UprightView
{
public:
    UprightView(const Picture &stored, int turnDeg);
    const Picture &operator*() const { return m_isTurned ? m_turned : *m_stored; }

private:
    const Picture *m_stored;
    bool m_isTurned;
    Picture m_turned;
};

} // namespace mien
