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

    /// What it is made of, and the look that is made of it.
    struct Cells
    {
        static constexpr int side = 8;
        std::array<float, std::size_t(side) * side * 3> colours{};
        std::array<bool, std::size_t(side) * side> isKnown{};
    };
    explicit FaceLook(const Cells &stored)
        : m_cells(stored)
    {
    }
    const Cells &stored() const { return m_cells; }

    /// Mean difference of the colours of what is known of both, 0–255; 255 where that is less than a quarter.
    double differenceFrom(const FaceLook &other) const;

    /// Moves by `share` (0–1) towards the newer look.
    void follow(const FaceLook &newer, double share);

private:
    static constexpr int cells = Cells::side;
    Cells m_cells;
};

} // namespace mien
