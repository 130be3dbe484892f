#pragma once

#include "pipeline/imaging/imaging.h"
#include "pipeline/store/sample.h"

#include <array>

namespace mien {

/// What a part of a picture looks like from afar, to tell two faces of one clip or two scenes apart: the colours of
/// 8 × 8 cells, each the mean of 16 pixels. No identity: the same person in other light looks another.
class FaceLook
{
public:
    FaceLook() = default; ///< Nothing is known of it.

    /// @param picture  3 channels
    /// @param box  of cells that stick out of the picture nothing is known
    FaceLook(const Picture &picture, const BoxPx &box);

    /// Mean difference of the colours of what is known of both, 0–255; 255 where that is less than a quarter.
    double differenceFrom(const FaceLook &other) const;

    /// Moves by `share` (0–1) towards the newer look.
    void follow(const FaceLook &newer, double share);

private:
    static constexpr int cells = 8;
    std::array<float, std::size_t(cells) * cells * 3> m_colours{};
    std::array<bool, std::size_t(cells) * cells> m_isKnown{};
};

} // namespace mien
