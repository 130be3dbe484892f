#include "pipeline/face/face_look.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace mien {

FaceLook::FaceLook(const Picture &picture, const BoxPx &box)
{
    constexpr int pointsPerCell = 4, points = cells * pointsPerCell; // along each side
    const auto at = [](double start, double length, int index) {
        return int(std::clamp(std::floor(start + (index + 0.5) * length / points), -1.0, 1e6));
    };
    m_cells.isKnown.fill(true);
    for (int y = 0; y < points; ++y) {
        const int row = at(box.y, box.height, y);
        for (int x = 0; x < points; ++x) {
            const int column = at(box.x, box.width, x);
            const std::size_t cell = std::size_t(y / pointsPerCell) * cells + std::size_t(x / pointsPerCell);
            if (row < 0 || row >= picture.heightPx || column < 0 || column >= picture.widthPx) {
                m_cells.isKnown[cell] = false;
                continue;
            }
            const std::uint8_t *pixel =
                picture.pixels.data() + (std::size_t(row) * std::size_t(picture.widthPx) + std::size_t(column)) * 3;
            for (std::size_t c = 0; c < 3; ++c)
                m_cells.colours[cell * 3 + c] += float(pixel[c]) / (pointsPerCell * pointsPerCell);
        }
    }
}

double FaceLook::differenceFrom(const FaceLook &other) const
{
    double sum = 0;
    std::size_t known = 0;
    for (std::size_t cell = 0; cell < m_cells.isKnown.size(); ++cell) {
        if (!m_cells.isKnown[cell] || !other.m_cells.isKnown[cell])
            continue;
        ++known;
        for (std::size_t i = cell * 3; i < cell * 3 + 3; ++i)
            sum += std::abs(m_cells.colours[i] - other.m_cells.colours[i]);
    }
    return known * 4 < m_cells.isKnown.size() ? 255 : sum / double(known * 3);
}

void FaceLook::follow(const FaceLook &newer, double share)
{
    for (std::size_t cell = 0; cell < m_cells.isKnown.size(); ++cell) {
        if (!newer.m_cells.isKnown[cell])
            continue;
        const float now = m_cells.isKnown[cell] ? float(share) : 1;
        for (std::size_t i = cell * 3; i < cell * 3 + 3; ++i)
            m_cells.colours[i] += now * (newer.m_cells.colours[i] - m_cells.colours[i]);
        m_cells.isKnown[cell] = true;
    }
}

} // namespace mien
