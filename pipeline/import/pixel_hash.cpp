#include "pipeline/import/pixel_hash.h"

#include <xxhash.h>

#include <cstring>

namespace mien {

namespace {

Hash128 canonical(XXH128_hash_t hash)
{
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, hash);
    Hash128 result;
    std::memcpy(result.data(), bytes.digest, result.size());
    return result;
}

} // namespace

Hash128 pixelHash(int widthPx, int heightPx, int channels, std::span<const std::uint8_t> pixels)
{
    const std::uint64_t seed = std::uint64_t(widthPx) << 32 | std::uint64_t(heightPx) << 8 | std::uint64_t(channels);
    return canonical(XXH3_128bits_withSeed(pixels.data(), pixels.size(), seed));
}

Hash128 bytesHash(std::span<const std::uint8_t> bytes)
{
    return canonical(XXH3_128bits(bytes.data(), bytes.size()));
}

} // namespace mien
