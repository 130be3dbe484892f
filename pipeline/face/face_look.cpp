#include "pipeline/face/face_look.h"

#include <algorithm>
#include <cmath>

namespace mien {

FaceLook::FaceLook(const Picture &picture, const BoxPx &box)
{
    constexpr int pointsPerCell = 4, points = cells * pointsPerCell; // along each side
    const auto at = [](double start, double length, int index, int size) {
        return std::clamp(int(std::floor(start + (index + 0.5) * length / points)), 0, size - 1);
    };
    std::array<int, points> columns{};
    for (int x = 0; x < points; ++x)
        columns[std::size_t(x)] = at(box.x, box.width, x, picture.widthPx);
    for (int y = 0; y < points; ++y) {
        const std::size_t row = std::size_t(at(box.y, box.height, y, picture.heightPx)) * std::size_t(picture.widthPx);
        for (int x = 0; x < points; ++x) {
            const std::uint8_t *pixel = picture.pixels.data() + (row + std::size_t(columns[std::size_t(x)])) * 3;
            float *colour =
                m_colours.data() + 3 * (std::size_t(y / pointsPerCell) * cells + std::size_t(x / pointsPerCell));
            for (int c = 0; c < 3; ++c)
                colour[c] += float(pixel[c]) / (pointsPerCell * pointsPerCell);
        }
    }
}

double FaceLook::differenceFrom(const FaceLook &other) const
{
    double sum = 0;
    for (std::size_t i = 0; i < m_colours.size(); ++i)
        sum += std::abs(m_colours[i] - other.m_colours[i]);
    return sum / double(m_colours.size());
}

void FaceLook::follow(const FaceLook &newer, double share)
{
    for (std::size_t i = 0; i < m_colours.size(); ++i)
        m_colours[i] += float(share) * (newer.m_colours[i] - m_colours[i]);
}

} // namespace mien
