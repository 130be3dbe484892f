#include "studio/attention/heat_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace mien {

namespace {

// Evenly spaced stops; between them the colour is interpolated.
constexpr std::array<QRgb, 11> kViridis{0x440154, 0x482475, 0x414487, 0x355f8d, 0x2a788e, 0x21918c,
                                        0x22a884, 0x44bf70, 0x7ad151, 0xbddf26, 0xfde725};
constexpr std::array<QRgb, 10> kCividis{0x00204d, 0x00336f, 0x39486b, 0x575c6d, 0x707173,
                                        0x8a8779, 0xa69d75, 0xc4b56c, 0xe4cf5b, 0xffea46};
constexpr std::array<QRgb, 5> kSigned{0x1f5fa8, 0x7fa8cf, 0xc9ccd0, 0xe3a869, 0xb85a00};

std::span<const QRgb> stopsOf(ColourScale scale)
{
    switch (scale) {
    case ColourScale::Viridis: return kViridis;
    case ColourScale::Cividis: return kCividis;
    case ColourScale::Signed: return kSigned;
    }
    return kViridis;
}

} // namespace

std::pair<float, float> HeatMap::range() const
{
    if (values.empty())
        return {0.f, 0.f};
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    return {*low, *high};
}

HeatMap HeatMap::mirrored() const
{
    HeatMap mirror = *this;
    for (int y = 0; y < heightCells; ++y) {
        const auto row = mirror.values.begin() + static_cast<std::ptrdiff_t>(y) * widthCells;
        std::reverse(row, row + widthCells);
    }
    return mirror;
}

HeatMap difference(const HeatMap &a, const HeatMap &b)
{
    if (a.widthCells != b.widthCells || a.heightCells != b.heightCells)
        return {};
    HeatMap result = a;
    for (std::size_t i = 0; i < result.values.size(); ++i)
        result.values[i] -= b.values[i];
    return result;
}

QColor colourOf(ColourScale scale, double t)
{
    const std::span<const QRgb> stops = stopsOf(scale);
    const double place = std::clamp(std::isnan(t) ? 0.0 : t, 0.0, 1.0) * static_cast<double>(stops.size() - 1);
    const std::size_t below = std::min(static_cast<std::size_t>(place), stops.size() - 2);
    const double part = place - static_cast<double>(below);
    const QRgb a = stops[below], b = stops[below + 1];
    const auto mix = [part](int from, int to) { return static_cast<int>(std::lround(from + (to - from) * part)); };
    return QColor(mix(qRed(a), qRed(b)), mix(qGreen(a), qGreen(b)), mix(qBlue(a), qBlue(b)));
}

QImage heatImage(const HeatMap &map, ColourScale scale, float low, float high, QSize size)
{
    if (map.isEmpty() || size.isEmpty())
        return {};
    std::array<QRgb, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i)
        table[i] = colourOf(scale, static_cast<double>(i) / 255.0).rgb();
    const float span = high > low ? high - low : 1.f;

    QImage image(size, QImage::Format_RGB32);
    for (int y = 0; y < size.height(); ++y) {
        const float cellY =
            (static_cast<float>(y) + 0.5f) * static_cast<float>(map.heightCells) / static_cast<float>(size.height()) -
            0.5f;
        const int y0 = std::clamp(static_cast<int>(std::floor(cellY)), 0, map.heightCells - 1);
        const int y1 = std::min(y0 + 1, map.heightCells - 1);
        const float partY = std::clamp(cellY - static_cast<float>(y0), 0.f, 1.f);
        auto *line = reinterpret_cast<QRgb *>(image.scanLine(y));
        for (int x = 0; x < size.width(); ++x) {
            const float cellX =
                (static_cast<float>(x) + 0.5f) * static_cast<float>(map.widthCells) / static_cast<float>(size.width()) -
                0.5f;
            const int x0 = std::clamp(static_cast<int>(std::floor(cellX)), 0, map.widthCells - 1);
            const int x1 = std::min(x0 + 1, map.widthCells - 1);
            const float partX = std::clamp(cellX - static_cast<float>(x0), 0.f, 1.f);
            const float top = map.at(x0, y0) + (map.at(x1, y0) - map.at(x0, y0)) * partX;
            const float bottom = map.at(x0, y1) + (map.at(x1, y1) - map.at(x0, y1)) * partX;
            const float t = (top + (bottom - top) * partY - low) / span;
            line[x] = table[static_cast<std::size_t>(std::clamp(t, 0.f, 1.f) * 255.f + 0.5f)];
        }
    }
    return image;
}

} // namespace mien
