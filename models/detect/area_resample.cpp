#include "models/detect/area_resample.h"

#include <cassert>

namespace mien {
namespace {

/// The inputs of one output cell.
struct Cell
{
    int first;
    int end;

    Cell(int index, int cells, int size)
        : first(int(std::int64_t(index) * size / cells))
        , end(int((std::int64_t(index + 1) * size + cells - 1) / cells))
    {
    }
    int count() const { return end - first; }
};

} // namespace

std::vector<float> areaResample(std::span<const float> plane, ImageSize from, ImageSize to)
{
    assert(plane.size() == std::size_t(from.width) * std::size_t(from.height) && !plane.empty());
    std::vector<float> result;
    result.reserve(std::size_t(to.width) * std::size_t(to.height));
    for (int i = 0; i < to.height; ++i) {
        const Cell rows(i, to.height, from.height);
        for (int j = 0; j < to.width; ++j) {
            const Cell columns(j, to.width, from.width);
            double sum = 0;
            for (int y = rows.first; y < rows.end; ++y)
                for (int x = columns.first; x < columns.end; ++x)
                    sum += double(plane[std::size_t(y) * std::size_t(from.width) + std::size_t(x)]);
            result.push_back(float(sum / (double(rows.count()) * columns.count())));
        }
    }
    return result;
}

AreaRows::AreaRows(const RgbPicture &picture, const PixelWindow &window, ImageSize to)
    : m_picture(picture)
    , m_window(window)
    , m_to(to)
    , m_columns(std::size_t(window.width) * 3)
{
    assert(!window.isEmpty() && window.left >= 0 && window.top >= 0 && window.left + window.width <= picture.width &&
           window.top + window.height <= picture.height && to.width > 0 && to.height > 0);
}

void AreaRows::row(int index, float *out)
{
    const Cell rows(index, m_to.height, m_window.height);
    const std::size_t stride = std::size_t(m_picture.width) * 3;
    const std::uint8_t *pixels =
        m_picture.pixels.data() + std::size_t(m_window.top + rows.first) * stride + std::size_t(m_window.left) * 3;
    std::uint32_t *const columns = m_columns.data();
    const std::size_t bytes = m_columns.size();
    for (std::size_t i = 0; i < bytes; ++i)
        columns[i] = pixels[i];
    for (int y = 1; y < rows.count(); ++y) {
        pixels += stride;
        for (std::size_t i = 0; i < bytes; ++i)
            columns[i] += pixels[i];
    }
    for (int j = 0; j < m_to.width; ++j) {
        const Cell cell(j, m_to.width, m_window.width);
        std::uint64_t red = 0, green = 0, blue = 0;
        for (const std::uint32_t *at = columns + 3 * cell.first; at < columns + 3 * cell.end; at += 3) {
            red += at[0];
            green += at[1];
            blue += at[2];
        }
        for (const std::uint64_t sum : {red, green, blue})
            *out++ = (float(sum) / float(rows.count()) / float(cell.count()) - 127.5f) * 0.0078125f;
    }
}

std::vector<std::uint8_t> halved(const RgbPicture &picture)
{
    assert(picture.width % 2 == 0 && picture.height % 2 == 0);
    const std::size_t stride = std::size_t(picture.width) * 3;
    std::vector<std::uint8_t> pixels(stride / 2 * std::size_t(picture.height / 2));
    std::vector<std::uint16_t> sums(stride); // of two rows
    const std::uint8_t *upper = picture.pixels.data();
    for (auto out = pixels.begin(); out != pixels.end(); upper += 2 * stride) {
        for (std::size_t i = 0; i < stride; ++i)
            sums[i] = std::uint16_t(upper[i] + upper[stride + i]);
        for (std::size_t i = 0; i < stride; i += 6, out += 3)
            for (std::size_t c = 0; c < 3; ++c)
                out[std::ptrdiff_t(c)] = std::uint8_t((sums[i + c] + sums[i + 3 + c] + 2) / 4);
    }
    return pixels;
}

} // namespace mien
