#include "pipeline/dedup/small_grey.h"

#include "pipeline/dedup/grey_grid.h"

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

} // namespace mien
