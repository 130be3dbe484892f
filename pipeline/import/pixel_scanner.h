#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace mien {

/// What a field of space-separated grey values held.
struct PixelScan
{
    enum class Outcome { Ok, Count, Range, NotANumber };
    Outcome outcome = Outcome::Ok;
    std::int64_t count = 0;     ///< Values found (Count), or index of the first bad value.
    std::string_view offending; ///< Text of the first bad value.
};

/// Reads exactly `pixels.size()` integers 0–255. 16 bytes at a time where the machine can.
/// @param text  at least 4 readable bytes must lie before it
PixelScan scanPixels(std::string_view text, std::span<std::uint8_t> pixels);

} // namespace mien
