#include "pipeline/jobs/attention_picture.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mien {

namespace {

/// Viridis at nine even steps; between them colours are mixed.
constexpr std::array<std::array<int, 3>, 9> viridis = {{{0x44, 0x01, 0x54},
                                                        {0x47, 0x2D, 0x7B},
                                                        {0x3B, 0x52, 0x8B},
                                                        {0x2C, 0x72, 0x8E},
                                                        {0x21, 0x91, 0x8C},
                                                        {0x28, 0xAE, 0x80},
                                                        {0x5E, 0xC9, 0x62},
                                                        {0xAD, 0xDC, 0x30},
                                                        {0xFD, 0xE7, 0x25}}};

float viridisChannel(float value, int channel)
{
    const float position = std::clamp(value, 0.0f, 1.0f) * float(viridis.size() - 1);
    const auto below = std::min(std::size_t(position), viridis.size() - 2);
    const float share = position - float(below);
    return float(viridis[below][std::size_t(channel)]) * (1 - share) +
           float(viridis[below + 1][std::size_t(channel)]) * share;
}

/// The two neighbours of a target pixel along one axis and the share of the second.
struct Neighbours
{
    int first, second;
    float share;
};

Neighbours neighbours(int target, int targetSize, int size)
{
    const float centre =
        std::clamp((float(target) + 0.5f) * float(size) / float(targetSize) - 0.5f, 0.0f, float(size - 1));
    const int first = int(centre);
    return {first, std::min(first + 1, size - 1), centre - float(first)};
}

} // namespace

std::vector<float> normalisedMap(std::span<const float> map)
{
    std::vector<float> values(map.begin(), map.end());
    if (values.empty())
        return values;
    const auto [least, greatest] = std::minmax_element(map.begin(), map.end());
    const float low = *least, range = *greatest - *least + 1e-7f;
    for (float &value : values)
        value = (value - low) / range;
    return values;
}

std::vector<float> enlargedMap(std::span<const float> map, int width, int height, int widthPx, int heightPx)
{
    std::vector<float> enlarged(std::size_t(widthPx) * std::size_t(heightPx));
    for (int y = 0; y < heightPx; ++y) {
        const Neighbours row = neighbours(y, heightPx, height);
        for (int x = 0; x < widthPx; ++x) {
            const Neighbours column = neighbours(x, widthPx, width);
            const auto at = [&](int line, int place) {
                return map[std::size_t(line) * std::size_t(width) + std::size_t(place)];
            };
            const float above =
                at(row.first, column.first) * (1 - column.share) + at(row.first, column.second) * column.share;
            const float below =
                at(row.second, column.first) * (1 - column.share) + at(row.second, column.second) * column.share;
            enlarged[std::size_t(y) * std::size_t(widthPx) + std::size_t(x)] =
                above * (1 - row.share) + below * row.share;
        }
    }
    return enlarged;
}

Picture blendedWithMap(const Picture &face, std::span<const float> values)
{
    Picture blended{.widthPx = face.widthPx, .heightPx = face.heightPx, .channels = 3};
    const std::size_t count = std::size_t(face.widthPx) * std::size_t(face.heightPx);
    blended.pixels.resize(count * 3);
    for (std::size_t i = 0; i < count; ++i)
        for (int channel = 0; channel < 3; ++channel) {
            const float shade = face.pixels[face.channels == 3 ? i * 3 + std::size_t(channel) : i];
            blended.pixels[i * 3 + std::size_t(channel)] =
                std::uint8_t(std::lround(0.5f * shade + 0.5f * viridisChannel(values[i], channel)));
        }
    return blended;
}

} // namespace mien
