#include "pipeline/import/pixel_scanner.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <immintrin.h>
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
            const bool isNegative = !digits && word.size() > 1 && word[0] == '-' &&
                                    word.find_first_not_of("0123456789", 1) == std::string_view::npos;
            return {!digits && !isNegative ? PixelScan::Outcome::NotANumber : PixelScan::Outcome::Range, scan.count,
                    word};
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
    const std::uint32_t digits =
        (word ^ 0x30303030u) & (0xffffffffu << ((32 - 8 * length) & 31)); // the last `length` bytes
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
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&               \
    !defined(__SANITIZE_THREAD__)
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
        const bool hasEmpty = (mask & (mask >> 1)) != 0,
                   hasLong = (digits & (digits >> 1) & (digits >> 2) & (digits >> 3)) != 0;
        if (!restAreDigits || hasEmpty || hasLong || mask == 0 ||
            std::size_t(block + std::countr_zero(mask) - start) - 1 > 2)
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

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MIEN_WIDE_PIXEL_SCAN

/// What the next 12 bytes hold, by the places of the spaces among them: three values of 1 to 3 digits, each with the
/// space behind it.
struct Triple
{
    std::uint8_t shuffle = 0;  ///< Index into TripleTable::shuffles.
    std::uint8_t consumed = 0; ///< Bytes; 0: it is something else.
};

struct TripleTable
{
    std::array<Triple, 4096> triples{};
    /// Bytes of a block to [hundreds, tens, ones, 0] for each value; 0x80 gives 0.
    alignas(16) std::array<std::array<std::uint8_t, 16>, 27> shuffles{};

    TripleTable()
    {
        for (auto &shuffle : shuffles)
            shuffle.fill(0x80);
        for (std::uint32_t spaces = 0; spaces < triples.size(); ++spaces) {
            std::uint32_t at = 0, code = 0;
            bool isValid = true;
            std::array<std::uint8_t, 16> shuffle{};
            shuffle.fill(0x80);
            for (std::uint32_t value = 0; value < 3 && isValid; ++value) {
                const auto length = static_cast<std::uint32_t>(std::countr_zero((spaces >> at) | 0x1000u));
                isValid = length >= 1 && length <= 3 && at + length < 12;
                for (std::uint32_t digit = 0; isValid && digit < length; ++digit)
                    shuffle[4 * value + 3 - length + digit] = static_cast<std::uint8_t>(at + digit);
                code = code * 3 + length - 1;
                at += length + 1;
            }
            if (!isValid)
                continue;
            triples[spaces] = {static_cast<std::uint8_t>(code), static_cast<std::uint8_t>(at)};
            shuffles[code] = shuffle;
        }
    }
};

/// Where spaces are, one bit a byte, ones behind the end; false when a byte is neither space nor digit.
__attribute__((target("avx2"))) bool markSpaces(std::string_view text, std::uint64_t *marks)
{
    const __m256i space = _mm256_set1_epi8(' '), zero = _mm256_set1_epi8('0'), nine = _mm256_set1_epi8(9);
    std::uint64_t known = ~std::uint64_t(0);
    std::size_t block = 0;
    std::array<char, 64> last;
    for (std::size_t at = 0; at < text.size(); at += 64, ++block) {
        const char *bytes = text.data() + at;
        if (text.size() - at < 64) {
            last.fill(' ');
            std::memcpy(last.data(), bytes, text.size() - at);
            bytes = last.data();
        }
        std::uint64_t mark = 0;
        for (int half = 0; half < 2; ++half) {
            const __m256i here = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(bytes + 32 * half));
            const __m256i isSpace = _mm256_cmpeq_epi8(here, space);
            const __m256i digit = _mm256_sub_epi8(here, zero);
            const __m256i isDigit = _mm256_cmpeq_epi8(_mm256_min_epu8(digit, nine), digit);
            mark |= std::uint64_t(std::uint32_t(_mm256_movemask_epi8(isSpace))) << (32 * half);
            const auto either = std::uint32_t(_mm256_movemask_epi8(_mm256_or_si256(isSpace, isDigit)));
            known &= std::uint64_t(either) | 0xffffffff00000000u;
        }
        marks[block] = mark;
    }
    marks[block] = marks[block + 1] = ~std::uint64_t(0);
    return known == ~std::uint64_t(0);
}

/// Three values a step, in four quarters side by side: what one step must wait for (where the next value begins), the
/// other quarters fill.
__attribute__((target("avx2,bmi2"))) bool scanWide(std::string_view text, std::span<std::uint8_t> pixels)
{
    static const TripleTable table;
    constexpr std::size_t quarters = 4, mostBytes = 4 * 4096;
    const std::size_t quarter = pixels.size() / quarters;
    if (pixels.size() % (3 * quarters) != 0 || quarter < 64 || text.size() < 2 * pixels.size() - 1 ||
        text.size() > 4 * pixels.size() || text.size() > mostBytes)
        return false;
    std::array<std::uint64_t, mostBytes / 64 + 2> marks;
    if (!markSpaces(text, marks.data()))
        return false;

    // Each quarter begins behind the space that ends the one before.
    std::array<std::size_t, quarters> origin{};
    std::size_t spaces = 0, next = 1;
    for (std::size_t block = 0; block * 64 < text.size(); ++block) {
        const auto here = static_cast<std::size_t>(std::popcount(marks[block]));
        while (next < quarters && spaces + here >= next * quarter) {
            std::uint64_t left = marks[block];
            for (std::size_t skip = next * quarter - spaces; skip > 1; --skip)
                left &= left - 1;
            origin[next++] = block * 64 + static_cast<std::size_t>(std::countr_zero(left)) + 1;
        }
        spaces += here;
    }
    const std::size_t tail = (64 - text.size() % 64) % 64; // marked behind the end
    if (next < quarters || spaces - tail != pixels.size() - 1 || origin[quarters - 1] >= text.size())
        return false;

    // Steps look 16 bytes ahead; the last quarter is copied so that they stay inside it.
    std::array<char, mostBytes + 32> end;
    std::memcpy(end.data(), text.data() + origin[quarters - 1], text.size() - origin[quarters - 1]);
    std::array<const char *, quarters> from = {text.data(), text.data() + origin[1], text.data() + origin[2],
                                               end.data()};
    std::array<std::size_t, quarters> at = origin;
    const auto *const marked = reinterpret_cast<const char *>(marks.data());
    const __m128i zero = _mm_set1_epi8('0'), weights = _mm_set1_epi32(100 | 10 << 8 | 1 << 16),
                  ones = _mm_set1_epi16(1);
    const __m128i lowBytes = _mm_set1_epi32(0x0c080400);
    __m128i seen = _mm_setzero_si128();
    std::uint32_t least = 255;
    for (std::size_t i = 0; i < quarter; i += 3) {
        for (std::size_t q = 0; q < quarters; ++q) {
            std::uint64_t mark;
            std::memcpy(&mark, marked + (at[q] >> 3), sizeof mark);
            const Triple triple = table.triples[(mark >> (at[q] & 7)) & 0xfff];
            const __m128i digits = _mm_sub_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from[q])), zero);
            const __m128i placed = _mm_shuffle_epi8(
                digits, _mm_load_si128(reinterpret_cast<const __m128i *>(table.shuffles[triple.shuffle].data())));
            const __m128i values = _mm_madd_epi16(_mm_maddubs_epi16(placed, weights), ones);
            seen = _mm_or_si128(seen, values);
            const auto three = static_cast<std::uint32_t>(_mm_cvtsi128_si32(_mm_shuffle_epi8(values, lowBytes)));
            std::uint8_t *const to = pixels.data() + q * quarter + i;
            std::memcpy(to, &three, 2);
            to[2] = static_cast<std::uint8_t>(three >> 16);
            least = std::min<std::uint32_t>(least, triple.consumed);
            at[q] += triple.consumed;
            from[q] += triple.consumed;
        }
    }
    const bool isOverrun = at[0] != origin[1] || at[1] != origin[2] || at[2] != origin[3] || at[3] != text.size() + 1;
    const bool isLarge = _mm_testz_si128(seen, _mm_set1_epi32(~0xff)) == 0;
    return least > 0 && !isOverrun && !isLarge;
}

bool hasWideScan()
{
    static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
    return has;
}

#endif

} // namespace

PixelScan scanPixels(std::string_view text, std::span<std::uint8_t> pixels)
{
#if defined(MIEN_WIDE_PIXEL_SCAN)
    if (hasWideScan() && scanWide(text, pixels))
        return {PixelScan::Outcome::Ok, std::int64_t(pixels.size()), {}};
#endif
#if defined(__SSE2__)
    if (scanFast(text, pixels))
        return {PixelScan::Outcome::Ok, std::int64_t(pixels.size()), {}};
#endif
    return scanCarefully(text, pixels);
}

} // namespace mien
