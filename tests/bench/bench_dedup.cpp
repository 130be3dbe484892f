// Near-duplicates (performance.md 2.8): CPU seconds of the multi-index search against comparing every two hashes, and
// of one perceptual hash.
//   bench_dedup [HASHES [DISTANCE]]      1,000,000 hashes, 7 bits
// Brute force is timed on every HASHES/20,000-th row and multiplied; the pairs that such a row has with later ones are
// compared with those of the search.
#include "pipeline/dedup/hash_pairs.h"
#include "pipeline/dedup/perceptual_hash.h"
#include "tests/support/cpu_seconds.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

using namespace mien;
using mien::test::cpuSeconds;

namespace {

/// 200 prototypes whose bits flip with probability 0.3, so that many are half alike, and near copies of 3 %. Of every
/// hash 31 bits are set, as perceptualHash() sets them.
std::vector<std::uint64_t> hashesLikePictures(std::size_t count)
{
    std::mt19937_64 random(1);
    const auto swapped = [&](std::uint64_t hash, int swaps) {
        for (int done = 0; done < swaps;) {
            const int set = 1 + int(random() % 63), clear = 1 + int(random() % 63);
            if (!(hash >> set & 1) || (hash >> clear & 1))
                continue;
            hash ^= std::uint64_t(1) << set | std::uint64_t(1) << clear;
            ++done;
        }
        return hash;
    };
    std::vector<std::uint64_t> prototypes, hashes;
    for (int i = 0; i < 200; ++i)
        prototypes.push_back(swapped(0xfffffffeull, 40));
    while (hashes.size() < count)
        hashes.push_back(!hashes.empty() && random() % 100 < 3
                             ? swapped(hashes[random() % hashes.size()], int(random() % 4))
                             : swapped(prototypes[random() % prototypes.size()], 7 + int(random() % 6)));
    return hashes;
}

[[gnu::always_inline]] inline std::int64_t nearOf(std::size_t row, const std::vector<std::uint64_t> &hashes,
                                                  int distance)
{
    std::int64_t pairs = 0;
    for (std::size_t other = row + 1; other < hashes.size(); ++other)
        pairs += std::popcount(hashes[row] ^ hashes[other]) <= distance;
    return pairs;
}

/// With the instruction that counts bits, as the search has it.
#if defined(__x86_64__)
[[gnu::target("popcnt")]]
#endif
std::int64_t bruteForce(const std::vector<std::uint64_t> &hashes, int distance, std::size_t step)
{
    std::int64_t pairs = 0;
    for (std::size_t row = 0; row < hashes.size(); row += step)
        pairs += nearOf(row, hashes, distance);
    return pairs;
}

} // namespace

int main(int argc, char **argv)
{
    const auto count = std::size_t(argc > 1 ? std::atoll(argv[1]) : 1'000'000);
    const int distance = argc > 2 ? std::atoi(argv[2]) : 7;
    const std::vector<std::uint64_t> hashes = hashesLikePictures(count);
    const std::size_t step = std::max<std::size_t>(1, count / 20'000);

    double begin = cpuSeconds();
    std::int64_t pairs = 0, compared = 0;
    forEachHashPair(hashes, distance, {}, [&](std::size_t a, std::size_t) {
        ++pairs;
        compared += a % step == 0;
    });
    const double search = cpuSeconds() - begin;
    begin = cpuSeconds();
    const std::int64_t expected = bruteForce(hashes, distance, step);
    const double brute = (cpuSeconds() - begin) * double(step);

    std::vector<std::uint8_t> plane(48 * 48);
    std::mt19937 random(2);
    std::generate(plane.begin(), plane.end(), [&] { return std::uint8_t(random()); });
    constexpr int times = 20'000;
    std::uint64_t all = 0;
    begin = cpuSeconds();
    for (int i = 0; i < times; ++i) {
        plane[std::size_t(i % 2000)] ^= 1;
        all += perceptualHash({.widthPx = 48, .heightPx = 48, .channels = 1, .pixels = plane});
    }
    const double hash = (cpuSeconds() - begin) / times;
    std::printf("{\"hashes\":%zu,\"distance\":%d,\"pairs\":%lld,\"search_cpu_s\":%.3f,\"brute_force_cpu_s\":%.1f,"
                "\"ratio\":%.5f,\"same_pairs\":%s,\"hash_48px_us\":%.2f,\"checksum\":\"%016llx\"}\n",
                count, distance, static_cast<long long>(pairs), search, brute, search / brute,
                compared == expected ? "true" : "false", hash * 1e6, static_cast<unsigned long long>(all));
    return compared == expected ? 0 : 1;
}
