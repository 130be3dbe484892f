#pragma once

#include "pipeline/face/alignment.h"
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

    /// The same of what both show, where the other one lies elsewhere: a cell of this is compared with what `other`
    /// has between its own cells at that place. 0 where less than 0.7 of this picture has a counterpart.
    /// @param otherFromThis  in cells; the centre of the top left one is (0, 0)
    double correlation(const SmallGrey &other, const Similarity &otherFromThis) const;

private:
    static constexpr int cells = sidePx * sidePx;

    std::array<std::uint8_t, cells> m_cells;
    std::int64_t m_sum = 0;
    std::int64_t m_variance = 0; ///< Times cells squared.
};

} // namespace mien
