#include "pipeline/import/jpeg_quality.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace mien {

namespace {

/// Luminance, in the zigzag order of files.
constexpr std::array<int, 64> standardTable = {
    16, 11,  12, 14, 12, 10, 16,  14,  13,  14, 18, 17,  16,  19,  24,  40,  26, 24,  22,  22, 24, 49,
    35, 37,  29, 40, 58, 51, 61,  60,  57,  51, 56, 55,  64,  72,  92,  78,  64, 68,  87,  69, 55, 56,
    80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99};

int distanceAt(int quality, std::span<const std::uint8_t> table)
{
    const int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    int distance = 0;
    for (std::size_t i = 0; i < standardTable.size(); ++i)
        distance += std::abs(std::clamp((standardTable[i] * scale + 50) / 100, 1, 255) - int(table[i]));
    return distance;
}

} // namespace

std::optional<int> jpegQualityOf(std::span<const std::uint8_t> bytes)
{
    if (bytes.size() < 4 || bytes[0] != 0xff || bytes[1] != 0xd8)
        return std::nullopt;
    std::size_t at = 2;
    while (at + 4 <= bytes.size() && bytes[at] == 0xff) {
        const std::uint8_t marker = bytes[at + 1];
        const std::size_t length = std::size_t(bytes[at + 2]) << 8 | bytes[at + 3];
        constexpr std::uint8_t scanStart = 0xda, tables = 0xdb;
        if (marker == scanStart || length < 2 || at + 2 + length > bytes.size())
            return std::nullopt;
        if (marker == tables && length >= 67 && bytes[at + 4] == 0) { // 8 bits, table 0
            const auto table = bytes.subspan(at + 5, 64);
            int best = 1;
            for (int quality = 2; quality <= 100; ++quality)
                if (distanceAt(quality, table) < distanceAt(best, table))
                    best = quality;
            return best;
        }
        at += 2 + length;
    }
    return std::nullopt;
}

} // namespace mien
