#include "pipeline/video/jpeg_planes.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mien {

namespace {

using Table = std::array<std::uint8_t, 256>;

std::uint8_t byteOf(double value)
{
    return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0l, 255l));
}

Table tableOf(double (*value)(double))
{
    Table table;
    for (std::size_t i = 0; i < table.size(); ++i)
        table[i] = byteOf(value(double(i)));
    return table;
}

const Table &chromaTable()
{
    static const Table table = tableOf([](double c) { return (c - 128) * 255 / 224 + 128; });
    return table;
}

/// @param keptWidth, keptHeight  of the copy; its edge is repeated beyond the plane
void mapPlane(const PlanesView &from, int plane, int width, int height, int keptWidth, int keptHeight,
              const Table &table, std::uint8_t *to)
{
    for (int y = 0; y < height; ++y, to += keptWidth) {
        const std::uint8_t *row = from.plane[plane] + std::ptrdiff_t(y) * from.stride[plane];
        for (int x = 0; x < width; ++x)
            to[x] = table[row[x]];
        std::fill(to + width, to + keptWidth, to[width - 1]);
    }
    for (int y = height; y < keptHeight; ++y, to += keptWidth)
        std::copy_n(to - keptWidth, keptWidth, to);
}

/// What another matrix's chroma becomes in BT.601, in units of 1 / 65,536: its share of luma, Cb and Cr.
/// From Y'CbCr to R'G'B' by the stream's weights, and back by those of BT.601.
struct ToBt601
{
    int lumaCb, lumaCr, cbCb, cbCr, crCb, crCr;

    ToBt601(double kr, double kb)
    {
        constexpr double jr = 0.299, jb = 0.114, jg = 1 - jr - jb;
        const double kg = 1 - kr - kb;
        const double redCr = 2 * (1 - kr), blueCb = 2 * (1 - kb);
        const double greenCb = -blueCb * kb / kg, greenCr = -redCr * kr / kg;
        const double yCb = jg * greenCb + jb * blueCb, yCr = jr * redCr + jg * greenCr;
        lumaCb = fixed(yCb);
        lumaCr = fixed(yCr);
        cbCb = fixed((blueCb - yCb) / (2 * (1 - jb)));
        cbCr = fixed(-yCr / (2 * (1 - jb)));
        crCb = fixed(-yCb / (2 * (1 - jr)));
        crCr = fixed((redCr - yCr) / (2 * (1 - jr)));
    }

    static int fixed(double value) { return int(std::lround(value * 65536)); }
};

std::uint8_t clamped(int value)
{
    return static_cast<std::uint8_t>(std::clamp(value, 0, 255));
}

/// In place, planes at full range without padding, luma with even sides.
void convert(const ToBt601 &matrix, int width, int height, std::uint8_t *luma, std::uint8_t *blue, std::uint8_t *red)
{
    constexpr int half = 32768;
    const int chromaWidth = width / 2;
    std::vector<int> added(static_cast<std::size_t>(width));
    for (int cy = 0; cy * 2 < height; ++cy) {
        std::uint8_t *cbRow = blue + std::ptrdiff_t(cy) * chromaWidth, *crRow = red + std::ptrdiff_t(cy) * chromaWidth;
        for (int cx = 0; cx < chromaWidth; ++cx) {
            const int cb = cbRow[cx] - 128, cr = crRow[cx] - 128;
            const int more = (matrix.lumaCb * cb + matrix.lumaCr * cr + half) >> 16;
            added[std::size_t(2 * cx)] = added[std::size_t(2 * cx + 1)] = more;
            cbRow[cx] = clamped(((matrix.cbCb * cb + matrix.cbCr * cr + half) >> 16) + 128);
            crRow[cx] = clamped(((matrix.crCb * cb + matrix.crCr * cr + half) >> 16) + 128);
        }
        for (int y = 2 * cy; y < 2 * cy + 2; ++y) {
            std::uint8_t *row = luma + std::ptrdiff_t(y) * width;
            for (int x = 0; x < width; ++x)
                row[x] = clamped(row[x] + added[std::size_t(x)]);
        }
    }
}

} // namespace

const Table &fullRangeLuma()
{
    static const Table table = tableOf([](double y) { return (y - 16) * 255 / 219; });
    return table;
}

PlanesView JpegPlanes::of(const PlanesView &planes, const PlanesMeaning &meaning)
{
    const bool isBt601 = std::abs(meaning.kr - 0.299) < 1e-4 && std::abs(meaning.kb - 0.114) < 1e-4;
    const int chromaWidth = (planes.widthPx + 1) / 2, chromaHeight = (planes.heightPx + 1) / 2;
    const bool isEven = planes.widthPx % 2 == 0 && planes.heightPx % 2 == 0;
    if (meaning.isFullRange && isBt601 && isEven)
        return planes;
    static const Table same = tableOf([](double value) { return value; });
    PlanesView kept = planes;
    for (int i = 0; i < 3; ++i) {
        const int keptWidth = i == 0 ? 2 * chromaWidth : chromaWidth;
        const int keptHeight = i == 0 ? 2 * chromaHeight : chromaHeight;
        m_kept[i].resize(std::size_t(keptWidth) * std::size_t(keptHeight));
        const Table &table = meaning.isFullRange ? same : i == 0 ? fullRangeLuma() : chromaTable();
        mapPlane(planes, i, i == 0 ? planes.widthPx : chromaWidth, i == 0 ? planes.heightPx : chromaHeight, keptWidth,
                 keptHeight, table, m_kept[i].data());
        kept.plane[i] = m_kept[i].data();
        kept.stride[i] = keptWidth;
    }
    if (!isBt601)
        convert(ToBt601(meaning.kr, meaning.kb), 2 * chromaWidth, 2 * chromaHeight, m_kept[0].data(), m_kept[1].data(),
                m_kept[2].data());
    return kept;
}

} // namespace mien
