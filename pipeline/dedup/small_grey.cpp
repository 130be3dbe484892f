#include "pipeline/dedup/small_grey.h"

#include "pipeline/dedup/grey_grid.h"

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

/// Of at most 30,000 cells: the sum fits, and is made in vectors.
std::int32_t product(const std::uint8_t *a, const std::uint8_t *b, int count)
{
    std::int32_t sum = 0;
    for (int i = 0; i < count; ++i)
        sum += std::int32_t(a[i]) * std::int32_t(b[i]);
    return sum;
}

} // namespace

SmallGrey::SmallGrey(const Picture &picture)
{
    const std::vector<float> grid = greyGrid(picture, sidePx);
    for (std::size_t i = 0; i < m_cells.size(); ++i) {
        m_cells[i] = std::uint8_t(std::lround(std::min(grid[i], 255.0f)));
        m_sum += m_cells[i];
    }
    m_variance = std::int64_t(cells) * product(m_cells.data(), m_cells.data(), cells) - m_sum * m_sum;
}

double SmallGrey::correlation(const SmallGrey &other) const
{
    if (m_variance == 0 || other.m_variance == 0)
        return 0;
    const std::int64_t covariance =
        std::int64_t(cells) * product(m_cells.data(), other.m_cells.data(), cells) - m_sum * other.m_sum;
    return double(covariance) / std::sqrt(double(m_variance) * double(other.m_variance));
}

double SmallGrey::correlation(const SmallGrey &other, const Similarity &otherFromThis) const
{
    constexpr int least = cells * 7 / 10;
    double count = 0, a = 0, b = 0, aa = 0, bb = 0, ab = 0;
    for (int y = 0; y < sidePx; ++y)
        for (int x = 0; x < sidePx; ++x) {
            const PointPx there = otherFromThis({double(x), double(y)});
            if (!(there.x >= 0 && there.x <= sidePx - 1 && there.y >= 0 && there.y <= sidePx - 1))
                continue;
            const int left = std::min(int(there.x), sidePx - 2), above = std::min(int(there.y), sidePx - 2);
            const double right = there.x - left, below = there.y - above;
            const std::uint8_t *const cell = other.m_cells.data() + above * sidePx + left;
            const double otherValue = (1 - below) * ((1 - right) * cell[0] + right * cell[1]) +
                                      below * ((1 - right) * cell[sidePx] + right * cell[sidePx + 1]);
            const double value = m_cells[std::size_t(y * sidePx + x)];
            ++count;
            a += value;
            b += otherValue;
            aa += value * value;
            bb += otherValue * otherValue;
            ab += value * otherValue;
        }
    const double variances = (count * aa - a * a) * (count * bb - b * b);
    return count < least || variances <= 0 ? 0 : (count * ab - a * b) / std::sqrt(variances);
}

} // namespace mien
