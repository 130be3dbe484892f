#include "pipeline/import/pixel_scanner.h"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace mien {

namespace {

bool isSpace(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Value by value, with the diagnosis: runs when the fast way met anything unusual.
PixelScan scanCarefully(std::string_view text, std::span<std::uint8_t> pixels)
{
    PixelScan scan;
    std::size_t at = 0;
    while (true) {
        while (at < text.size() && isSpace(text[at]))
            ++at;
        if (at == text.size())
            break;
        const std::size_t start = at;
        std::uint32_t value = 0;
        bool digits = true;
        for (; at < text.size() && !isSpace(text[at]); ++at) {
            digits = digits && text[at] >= '0' && text[at] <= '9';
            value = value < 100'000 ? value * 10 + std::uint32_t(text[at] - '0') : value;
        }
        if (!digits || value > 255) {
            const std::string_view word = text.substr(start, at - start);
            const bool isNegative = !digits && word.size() > 1 && word[0] == '-' && word.find_first_not_of("0123456789", 1) == std::string_view::npos;
            return {!digits && !isNegative ? PixelScan::Outcome::NotANumber : PixelScan::Outcome::Range, scan.count, word};
        }
        if (std::size_t(scan.count) < pixels.size())
            pixels[std::size_t(scan.count)] = std::uint8_t(value);
        ++scan.count;
    }
    if (std::size_t(scan.count) != pixels.size())
        scan.outcome = PixelScan::Outcome::Count;
    return scan;
}

#if defined(__SSE2__)

/// The value whose last digit stands before `end`, `length` digits long; anything that is not a number 0–255 sets a
/// bit of `bad`. Without a branch, so that the values of a block overlap in the processor.
[[gnu::always_inline]] inline std::uint8_t valueBefore(const char *end, std::size_t length, std::uint32_t &bad)
{
    std::uint32_t word;
    std::memcpy(&word, end - 4, 4);
    const std::uint32_t digits = (word ^ 0x30303030u) & (0xffffffffu << ((32 - 8 * length) & 31)); // the last `length` bytes
    bad |= ((digits + 0x76767676u) | digits) & 0x80808080u;
    bad |= std::uint32_t(length - 1 > 2);
    const std::uint32_t value = (digits >> 24) + 10 * ((digits >> 16) & 0xff) + 100 * ((digits >> 8) & 0xff);
    bad |= value & 0xffffff00u;
    return std::uint8_t(value);
}

/// Where the spaces are among 64 bytes, and whether all the others are digits.
struct Separators
{
    std::uint64_t spaces = 0;
    bool restAreDigits = true;
};

[[gnu::always_inline]] inline Separators separatorsIn64(const char *at)
{
    const __m128i space = _mm_set1_epi8(' '), zero = _mm_set1_epi8('0'), nine = _mm_set1_epi8(9);
    Separators found;
    std::uint64_t known = 0;
    for (int i = 0; i < 4; ++i) {
        const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i *>(at + 16 * i));
        const __m128i isSpace = _mm_cmpeq_epi8(block, space);
        const __m128i digit = _mm_sub_epi8(block, zero);
        const __m128i isDigit = _mm_cmpeq_epi8(_mm_min_epu8(digit, nine), digit);
        found.spaces |= std::uint64_t(std::uint32_t(_mm_movemask_epi8(isSpace))) << (16 * i);
        known |= std::uint64_t(std::uint32_t(_mm_movemask_epi8(_mm_or_si128(isSpace, isDigit)))) << (16 * i);
    }
    found.restAreDigits = known == ~std::uint64_t(0);
    return found;
}

// Compiled twice; which one runs is decided by the processor at start.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
__attribute__((target_clones("default", "arch=haswell")))
#endif
bool scanFast(std::string_view text, std::span<std::uint8_t> pixels)
{
    const char *const end = text.data() + text.size();
    const char *start = text.data(); // of the value being read
    const char *block = start;
    std::size_t count = 0;
    std::uint32_t largest = 0, bad = 0;
    for (; end - block >= 64 + 4; block += 64) {
        if (count + 64 > pixels.size())
            break; // near the end every value is checked for its place
        auto [mask, restAreDigits] = separatorsIn64(block);
        const std::uint64_t digits = ~mask;
        const bool hasEmpty = (mask & (mask >> 1)) != 0, hasLong = (digits & (digits >> 1) & (digits >> 2) & (digits >> 3)) != 0;
        if (!restAreDigits || hasEmpty || hasLong || mask == 0 || std::size_t(block + std::countr_zero(mask) - start) - 1 > 2)
            return false;
        do {
            // One value of 1 to 3 digits: its bytes go to the top of a word, h * 100 + t * 10 + o is one product.
            const char *const space = block + std::countr_zero(mask);
            mask &= mask - 1;
            std::uint32_t word;
            std::memcpy(&word, start, 4);
            const std::uint32_t value = (word << ((32 - 8 * std::uint32_t(space - start)) & 31)) & 0x0f0f0f0fu;
            largest = std::max(largest, __builtin_bswap32(value)); // as 0x00hhttoo
            pixels[count++] = std::uint8_t((value * (1u + (10u << 8) + (100u << 16))) >> 24);
            start = space + 1;
        } while (mask);
    }
    if (largest > 0x020505u)
        return false;
    for (; block < end; ++block) {
        if (*block != ' ')
            continue;
        if (count == pixels.size())
            return false;
        pixels[count++] = valueBefore(block, std::size_t(block - start), bad);
        start = block + 1;
    }
    if (start < end) {
        if (count == pixels.size())
            return false;
        pixels[count++] = valueBefore(end, std::size_t(end - start), bad);
    }
    return !bad && count == pixels.size();
}

#endif

} // namespace

PixelScan scanPixels(std::string_view text, std::span<std::uint8_t> pixels)
{
#if defined(__SSE2__)
    if (scanFast(text, pixels))
        return {PixelScan::Outcome::Ok, std::int64_t(pixels.size()), {}};
#endif
    return scanCarefully(text, pixels);
}

} // namespace mien
