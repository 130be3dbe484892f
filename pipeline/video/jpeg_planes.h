#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace mien {

/// A decoder's 4:2:0 planes of 8 bits; chroma has half the width and height, rounded up. Rows may be padded.
struct PlanesView
{
    int widthPx = 0, heightPx = 0;
    const std::uint8_t *plane[3] = {}; ///< Y, Cb, Cr
    int stride[3] = {};                ///< Bytes from row to row.
};

/// How the numbers in the planes mean colours.
struct PlanesMeaning
{
    bool isFullRange = false; ///< 0–255; else 16–235 and 16–240.
    double kr = 0.299,
           kb = 0.114; ///< Luma weights: BT.601 0.299, 0.114; BT.709 0.2126, 0.0722; BT.2020 0.2627, 0.0593.
};

/// Planes as a JPEG holds them: full range, BT.601 (JFIF 1.02).
class JpegPlanes
{
public:
    /// A view of the given planes where they are that already, else of converted ones that this object keeps until the
    /// next call. Luma has even sides behind the view, as a JPEG of 4:2:0 wants it: the edge is repeated.
    PlanesView of(const PlanesView &planes, const PlanesMeaning &meaning);

private:
    std::vector<std::uint8_t> m_kept[3];
};

/// Luma of limited range at full range: 255 (y − 16) / 219, rounded, within 0–255.
const std::array<std::uint8_t, 256> &fullRangeLuma();

} // namespace mien
