#include "studio/map/map_raster.h"

#include "studio/map/map_ink.h"

#include <QPainter>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

namespace mien {

namespace {

constexpr int kBandRows = 32;           // a band of 2560 pixels is 1.3 MB of sums, which stays in the cache
constexpr double kLargestRadius = 5.5;  // logical pixels, unless a person wants them larger
constexpr double kLeastShapeRadius = 3; // logical pixels: below it a star is a blot

/// Red, green and blue times weight, and the weight, of what lies on a pixel. Of GCC's and Clang's vectors: one
/// addition on any processor that has them.
using Sum = float __attribute__((vector_size(16)));

Sum sumOf(QRgb colour, float weight)
{
    return Sum{float(qRed(colour)), float(qGreen(colour)), float(qBlue(colour)), 1} * weight;
}

QRgb pixelOf(Sum sum, float strength)
{
    if (sum[3] <= 0)
        return 0;
    const Sum pixel = sum * Sum{1, 1, 1, 255} * (strength / (1 + sum[3] * strength)) + 0.5f;
    return qRgba(int(pixel[0]), int(pixel[1]), int(pixel[2]), int(pixel[3]));
}

} // namespace

QTransform MapPicture::toPicture() const
{
    return QTransform(scale, 0, 0, -scale, sizePx.width() / 2.0 - centre.x() * scale,
                      sizePx.height() / 2.0 + centre.y() * scale);
}

QRectF MapPicture::area() const
{
    const double width = sizePx.width() / scale, height = sizePx.height() / scale;
    return {centre.x() - width / 2, centre.y() - height / 2, width, height};
}

void MapPicture::takeSizesFor(std::size_t points, double ratio, double times)
{
    const double pixels = double(sizePx.width()) * sizePx.height();
    const double spacingPx = std::sqrt(pixels / double(std::max<std::size_t>(points, 1))) / ratio; // logical
    const double radius = std::clamp(spacingPx * 0.22, 0.8, kLargestRadius) * times;
    radiusPx = radius * ratio;
    opacity = std::clamp(0.15 + spacingPx * 0.12, 0.2, 0.9);
    showsMarkers = radius >= kLeastShapeRadius;
}

void MapRaster::makeStamps(Stamps &stamps, std::size_t marker, double radiusPx)
{
    if (stamps.radiusPx != radiusPx) {
        stamps = {};
        stamps.radiusPx = radiusPx;
    }
    Phases &phases = stamps.of[marker];
    if (!phases[0].coverage.empty())
        return;
    constexpr double farthest = 1 - 0.5 / kPhases; // of a centre from its pixel's edge
    const int reach = int(std::floor(radiusPx + farthest)), side = 2 * reach + 1;
    for (int phase = 0; phase < kPhases * kPhases; ++phase) {
        const double offsetX = (phase % kPhases + 0.5) / kPhases, offsetY = (double(phase / kPhases) + 0.5) / kPhases;
        Stamp &stamp = phases[std::size_t(phase)];
        stamp.reach = reach;
        stamp.coverage.reserve(std::size_t(side) * side);
        QImage drawn;
        if (marker != std::size_t(Marker::Circle)) {
            drawn = QImage(side, side, QImage::Format_ARGB32_Premultiplied);
            drawn.fill(0);
            QPainter painter(&drawn);
            painter.setRenderHint(QPainter::Antialiasing);
            const QPointF centre(reach + offsetX, reach + offsetY);
            Theme::paintMarker(painter,
                               QRectF(centre.x() - radiusPx, centre.y() - radiusPx, 2 * radiusPx, 2 * radiusPx),
                               Marker(marker), Qt::white);
        }
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x) {
                const double distance = std::hypot(x + 0.5 - reach - offsetX, y + 0.5 - reach - offsetY);
                stamp.coverage.push_back(drawn.isNull() ? float(std::clamp(radiusPx + 0.5 - distance, 0.0, 1.0))
                                                        : float(qAlpha(drawn.pixel(x, y))) / 255);
            }
    }
}

QImage MapRaster::draw(const MapIndex &index, std::span<const PointStyle> styles, std::span<const QRgb> palette,
                       const MapPicture &picture, int threads, const std::stop_token &stop)
{
    const int width = picture.sizePx.width(), height = picture.sizePx.height();
    QImage image(picture.sizePx, QImage::Format_ARGB32_Premultiplied);
    if (image.isNull())
        return image;
    const double radius = inkRadiusPx(picture);
    for (std::size_t marker = 0; marker < kMarkers; ++marker)
        if (marker == std::size_t(Marker::Circle) || picture.showsMarkers) {
            makeStamps(m_usual, marker, radius);
            makeStamps(m_large, marker, radius * kLargerTimes);
        }
    std::vector<Sum> plain, selected;
    for (const QRgb colour : palette) {
        plain.push_back(sumOf(colour, inkPlainWeight(picture)));
        selected.push_back(sumOf(colour, kSelectedWeight));
    }
    const float strength = inkStrength(picture);
    const QRectF area = picture.area();
    const double reach = m_large.of[0][0].reach;
    auto *const pixels = reinterpret_cast<QRgb *>(image.bits());
    const std::size_t pixelsPerLine = std::size_t(image.bytesPerLine()) / sizeof(QRgb);

    const auto drawBand = [&](int top, std::vector<Sum> &sums) {
        const int rows = std::min(kBandRows, height - top);
        std::fill(sums.begin(), sums.end(), Sum{});
        const double highY = area.bottom() - (top - reach) / picture.scale;
        const double lowY = area.bottom() - (top + rows + reach) / picture.scale;
        const double lowX = area.left() - reach / picture.scale, highX = area.right() + reach / picture.scale;
        const QRectF &bounds = index.bounds();
        const bool isEmpty = highY < bounds.top() || lowY > bounds.bottom() || highX < bounds.left() ||
                             lowX > bounds.right() || index.count() == 0;
        const auto [firstRow, lastRow] = isEmpty ? std::pair(0, -1) : index.rowsBetween(lowY, highY);
        for (int cellRow = firstRow; cellRow <= lastRow; ++cellRow) {
            const auto [first, end] = index.placesIn(cellRow, lowX, highX);
            for (std::size_t place = first; place < end; ++place) {
                const PointStyle &style = styles[place];
                if (style.isHidden)
                    continue;
                const double x = (index.x(place) - area.left()) * picture.scale;
                const double y = (area.bottom() - index.y(place)) * picture.scale - top;
                if (!(x > -reach && x < width + reach && y > -reach && y < rows + reach))
                    continue;
                const int column = int(std::floor(x)), row = int(std::floor(y));
                const auto phase =
                    std::size_t(int((y - row) * kPhases) % kPhases * kPhases + int((x - column) * kPhases) % kPhases);
                const auto marker = std::size_t(picture.showsMarkers ? style.marker : Marker::Circle);
                const Stamp &stamp = (style.isLarge ? m_large : m_usual).of[marker][phase];
                const Sum &colour = style.isSelected ? selected[style.color] : plain[style.color];
                const int side = 2 * stamp.reach + 1;
                const int fromX = std::max(0, column - stamp.reach), toX = std::min(width - 1, column + stamp.reach);
                const int toY = std::min(rows - 1, row + stamp.reach);
                for (int atY = std::max(0, row - stamp.reach); atY <= toY; ++atY) {
                    const float *coverage = stamp.coverage.data() + std::ptrdiff_t(atY - row + stamp.reach) * side +
                                            (fromX - column + stamp.reach);
                    Sum *sum = sums.data() + std::ptrdiff_t(atY) * width + fromX;
                    for (int count = toX - fromX + 1; count > 0; --count)
                        *sum++ += colour * *coverage++;
                }
            }
        }
        for (int row = 0; row < rows; ++row) {
            QRgb *line = pixels + std::size_t(top + row) * pixelsPerLine;
            const Sum *sum = sums.data() + std::ptrdiff_t(row) * width;
            for (int column = 0; column < width; ++column)
                line[column] = pixelOf(sum[column], strength);
        }
    };

    std::atomic<int> nextBand = 0;
    const auto work = [&] {
        std::vector<Sum> sums(std::size_t(width) * kBandRows);
        for (int top = nextBand++ * kBandRows; top < height && !stop.stop_requested(); top = nextBand++ * kBandRows)
            drawBand(top, sums);
    };
    {
        std::vector<std::jthread> helpers;
        for (int thread = 1; thread < threads; ++thread)
            helpers.emplace_back(work);
        work();
    }
    return stop.stop_requested() ? QImage() : image;
}

} // namespace mien
