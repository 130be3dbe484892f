#include "pipeline/dedup/perceptual_hash.h"

#include "pipeline/dedup/grey_grid.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>

namespace mien {

namespace {

constexpr std::size_t side = 32, kept = 8;
/// Half a grey level of contrast in the strongest frequency, in units of the orthonormal transform.
constexpr float nothingSeen = 0.5f * float(side) / 2;

/// [i][k]: value i of the orthonormal DCT-II's wave k, of 32 values.
using Waves = std::array<std::array<float, kept>, side>;

const Waves &waves()
{
    static const Waves table = [] {
        Waves made{};
        for (std::size_t i = 0; i < side; ++i)
            for (std::size_t k = 0; k < kept; ++k)
                made[i][k] = float(std::sqrt((k == 0 ? 1.0 : 2.0) / double(side)) *
                                   std::cos(std::numbers::pi * double(k) * (double(i) + 0.5) / double(side)));
        return made;
    }();
    return table;
}

/// Row v, column u; the inner loops are those that a compiler makes vectors of.
std::array<float, kept * kept> lowFrequencies(const std::vector<float> &grid)
{
    const Waves &wave = waves();
    std::array<float, kept * kept> frequencies{};
    for (std::size_t v = 0; v < kept; ++v) {
        std::array<float, side> line{};
        for (std::size_t y = 0; y < side; ++y)
            for (std::size_t x = 0; x < side; ++x)
                line[x] += wave[y][v] * grid[y * side + x];
        for (std::size_t x = 0; x < side; ++x)
            for (std::size_t u = 0; u < kept; ++u)
                frequencies[v * kept + u] += wave[x][u] * line[x];
    }
    return frequencies;
}

} // namespace

std::uint64_t perceptualHash(const Picture &picture)
{
    const std::array frequencies = lowFrequencies(greyGrid(picture, int(side)));
    std::array<float, kept * kept - 1> varying{};
    std::copy(frequencies.begin() + 1, frequencies.end(), varying.begin());
    const auto [lowest, highest] = std::minmax_element(varying.begin(), varying.end());
    if (std::max(-*lowest, *highest) < nothingSeen)
        return 0;
    const auto median = varying.begin() + varying.size() / 2;
    std::nth_element(varying.begin(), median, varying.end());
    std::uint64_t hash = 0;
    for (std::size_t i = 1; i < frequencies.size(); ++i)
        hash |= std::uint64_t(frequencies[i] > *median) << i;
    return hash;
}

int hashDistance(std::uint64_t a, std::uint64_t b)
{
    return std::popcount(a ^ b);
}

} // namespace mien
