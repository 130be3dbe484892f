#pragma once

#include "studio/map/map_raster.h"

#include <algorithm>
#include <cmath>

namespace mien {

// What both ways of drawing a map share: how large points are, and how they cover each other. On every pixel the
// colours of the points that reach it are summed, each times its weight and the part of the pixel that it covers;
// of the sums S (colour) and W (weight) the pixel is S s / (1 + W s), premultiplied, with the strength s.

inline constexpr double kLargerTimes = 1.7; ///< Of points that are to be seen first.
inline constexpr float kSelectedWeight = 4;
inline constexpr double kDimmed = 0.3; ///< What a point that steps back keeps of its opacity.

/// In quarters of a pixel: a zoom does not make shapes anew for every frame. 0.5 to 24.
inline double inkRadiusPx(const MapPicture &picture)
{
    return std::round(std::clamp(picture.radiusPx, 0.5, 24.0) * 4) / 4;
}

/// One point alone covers `opacity`; more of them approach the whole.
inline float inkStrength(const MapPicture &picture)
{
    const double opacity = std::clamp(picture.opacity, 0.02, 0.98);
    return float(opacity / (1 - opacity));
}

/// Of points that are not selected: one alone covers kDimmed of what it would, whatever the strength.
inline float inkPlainWeight(const MapPicture &picture)
{
    if (!picture.dimsOthers)
        return 1;
    const double strength = inkStrength(picture), covers = kDimmed * strength / (1 + strength);
    return float(covers / (1 - covers) / strength);
}

} // namespace mien
