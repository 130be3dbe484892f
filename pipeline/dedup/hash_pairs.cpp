#include "pipeline/dedup/hash_pairs.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

namespace mien {

namespace {

constexpr int quarters = 4, bitsOfQuarter = 16;
constexpr std::size_t keys = std::size_t(1) << bitsOfQuarter;

std::size_t keyOf(std::uint64_t hash, int quarter)
{
    return std::size_t(hash >> (quarter * bitsOfQuarter)) & (keys - 1);
}

/// Hashes of an even number of bits, or all of an odd one, are an even number of bits apart: perceptual ones as a rule.
bool areEvenApart(std::span<const std::uint64_t> hashes)
{
    return std::all_of(hashes.begin(), hashes.end(),
                       [&](std::uint64_t hash) { return (std::popcount(hash ^ hashes.front()) & 1) == 0; });
}

/// How far two hashes may lie apart in each quarter to be found by it; below 0: it finds nothing.
std::array<int, quarters> radiiOf(int distance)
{
    std::array<int, quarters> radii{};
    for (int quarter = 0; quarter < quarters; ++quarter)
        radii[std::size_t(quarter)] = distance / quarters - (quarter <= distance % quarters ? 0 : 1);
    return radii;
}

/// Keys with at most `radius` bits set, fewest first.
std::vector<std::size_t> differencesWithin(int radius)
{
    std::vector<std::size_t> differences;
    for (int bits = 0; bits <= radius; ++bits)
        for (std::size_t key = 0; key < keys; ++key)
            if (std::popcount(key) == bits)
                differences.push_back(key);
    return differences;
}

/// Hashes in the order of their keys of one quarter.
struct Table
{
    std::vector<std::uint32_t> begins; ///< Of a key's bucket; the end is the next one's.
    std::vector<std::uint64_t> hashes;
    std::vector<std::size_t> positions;

    Table(std::span<const std::uint64_t> all, int quarter)
        : begins(keys + 1)
        , hashes(all.size())
        , positions(all.size())
    {
        for (const std::uint64_t hash : all)
            ++begins[keyOf(hash, quarter) + 1];
        for (std::size_t key = 0; key < keys; ++key)
            begins[key + 1] += begins[key];
        std::vector<std::uint32_t> next(begins.begin(), begins.end() - 1);
        for (std::size_t i = 0; i < all.size(); ++i) {
            const std::uint32_t place = next[keyOf(all[i], quarter)]++;
            hashes[place] = all[i];
            positions[place] = i;
        }
    }
};

using Near = std::vector<std::uint32_t>;

/// Places in [begin, end) whose hash differs from `hash` in at most `distance` bits are appended to `near`.
[[gnu::always_inline]] inline void compare(std::uint64_t hash, const std::uint64_t *hashes, std::uint32_t begin,
                                           std::uint32_t end, int distance, Near &near)
{
    for (std::uint32_t place = begin; place < end; ++place)
        if (std::popcount(hash ^ hashes[place]) <= distance) [[unlikely]]
            near.push_back(place);
}

void comparePlain(std::uint64_t hash, const std::uint64_t *hashes, std::uint32_t begin, std::uint32_t end, int distance,
                  Near &near)
{
    compare(hash, hashes, begin, end, distance, near);
}

#if defined(__x86_64__)
/// The instruction is as old as 2008, but the compiler may not count on it.
[[gnu::target("popcnt")]] void compareCounting(std::uint64_t hash, const std::uint64_t *hashes, std::uint32_t begin,
                                               std::uint32_t end, int distance, Near &near)
{
    compare(hash, hashes, begin, end, distance, near);
}

const auto compareBucket = __builtin_cpu_supports("popcnt") ? compareCounting : comparePlain;
#else
const auto compareBucket = comparePlain;
#endif

} // namespace

bool forEachHashPair(std::span<const std::uint64_t> hashes, int distance, const std::stop_token &stop,
                     const std::function<void(std::size_t, std::size_t)> &found)
{
    const std::array radii = radiiOf(distance % 2 == 1 && areEvenApart(hashes) ? distance - 1 : distance);
    const auto isFoundBefore = [&](std::uint64_t difference, int quarter) {
        for (int earlier = 0; earlier < quarter; ++earlier)
            if (std::popcount(keyOf(difference, earlier)) <= radii[std::size_t(earlier)])
                return true;
        return false;
    };
    Near near;
    for (int quarter = 0; quarter < quarters; ++quarter) {
        const std::vector<std::size_t> differences = differencesWithin(radii[std::size_t(quarter)]);
        if (differences.empty())
            continue;
        const Table table(hashes, quarter);
        for (std::size_t key = 0; key < keys; ++key) {
            const std::uint32_t begin = table.begins[key], end = table.begins[key + 1];
            if (begin == end)
                continue;
            for (const std::size_t difference : differences) {
                const std::size_t other = key ^ difference;
                if (other < key || table.begins[other] == table.begins[other + 1]) // compared from there, or empty
                    continue;
                for (std::uint32_t place = begin; place < end; ++place) {
                    if (stop.stop_requested())
                        return false;
                    near.clear();
                    compareBucket(table.hashes[place], table.hashes.data(),
                                  other == key ? place + 1 : table.begins[other], table.begins[other + 1], distance,
                                  near);
                    for (const std::uint32_t match : near) {
                        if (isFoundBefore(table.hashes[place] ^ table.hashes[match], quarter))
                            continue;
                        const auto [first, second] = std::minmax(table.positions[place], table.positions[match]);
                        found(first, second);
                    }
                }
            }
        }
    }
    return true;
}

} // namespace mien
