#pragma once

#include "pipeline/imaging/imaging.h"

#include <array>
#include <cstdint>

namespace mien {

/// A picture as 48 x 48 brightnesses: what is left of it to be compared with others, cell by cell.
class SmallGrey
{
public:
    static constexpr int sidePx = 48;

    /// @param picture  upright and not empty; the whole of it is fitted, whatever its proportions
    explicit SmallGrey(const Picture &picture);

    /// Pearson's correlation of the cells, -1 to 1: 1 for equal pictures, whatever their brightness and contrast.
    /// 0 where one of them is of a single brightness.
    double correlation(const SmallGrey &other) const;

private:
    static constexpr int cells = sidePx * sidePx;

    std::array<std::uint8_t, cells> m_cells;
    std::int64_t m_sum = 0;
    std::int64_t m_variance = 0; ///< Times cells squared.
};

} // namespace mien
