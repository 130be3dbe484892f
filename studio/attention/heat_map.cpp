#include "studio/attention/heat_map.h"

#include <QByteArray>
#include <QPainter>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <span>

namespace mien {

namespace {

// Evenly spaced stops; between them the colour is interpolated.
constexpr std::array<QRgb, 11> kViridis{0x440154, 0x482475, 0x414487, 0x355f8d, 0x2a788e, 0x21918c,
                                        0x22a884, 0x44bf70, 0x7ad151, 0xbddf26, 0xfde725};
constexpr std::array<QRgb, 10> kCividis{0x00204d, 0x00336f, 0x39486b, 0x575c6d, 0x707173,
                                        0x8a8779, 0xa69d75, 0xc4b56c, 0xe4cf5b, 0xffea46};
constexpr std::array<QRgb, 11> kMagma{0x000004, 0x140e36, 0x3b0f70, 0x641a80, 0x8c2981, 0xb73779,
                                      0xde4968, 0xf7705c, 0xfe9f6d, 0xfecf92, 0xfcfdbf};
// Steps of equal lightness (CIE L* 0 to 100), which equal steps of the byte are not.
constexpr std::array<QRgb, 11> kGrey{0x000000, 0x1b1b1b, 0x303030, 0x474747, 0x5e5e5e, 0x777777,
                                     0x919191, 0xababab, 0xc6c6c6, 0xe2e2e2, 0xffffff};
constexpr std::array<QRgb, 5> kSigned{0x1f5fa8, 0x7fa8cf, 0xc9ccd0, 0xe3a869, 0xb85a00};

std::span<const QRgb> stopsOf(ColourScale scale)
{
    switch (scale) {
    case ColourScale::Viridis: return kViridis;
    case ColourScale::Cividis: return kCividis;
    case ColourScale::Magma: return kMagma;
    case ColourScale::Grey: return kGrey;
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

HeatMap HeatMap::positive() const
{
    HeatMap amounts = *this;
    for (float &value : amounts.values)
        value = std::max(value, 0.f);
    return amounts;
}

bool HeatMap::isFinite() const
{
    return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
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

QImage overlaid(const QImage &face, const HeatMap &map, ColourScale scale, float low, float high, double opacity,
                QSize size)
{
    QImage picture(size, QImage::Format_RGB32);
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.drawImage(QRect(QPoint(), size), face.convertToFormat(QImage::Format_Grayscale8));
    painter.setOpacity(opacity);
    painter.drawImage(0, 0, heatImage(map, scale, low, high, size));
    return picture;
}

HeatMap heatMapIn(const QString &base64, int widthCells, int heightCells)
{
    const QByteArray bytes = QByteArray::fromBase64(base64.toLatin1());
    const qsizetype cells = qsizetype(widthCells) * heightCells;
    if (cells <= 0 || bytes.size() != cells * qsizetype(sizeof(float)))
        return {};
    HeatMap map;
    map.widthCells = widthCells;
    map.heightCells = heightCells;
    map.values.resize(static_cast<std::size_t>(cells));
    std::memcpy(map.values.data(), bytes.constData(), static_cast<std::size_t>(bytes.size()));
    return map;
}

} // namespace mien
