#include "pipeline/store/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

namespace mien {
namespace {

Hash128 canonical(XXH128_hash_t value)
{
    XXH128_canonical_t digest;
    XXH128_canonicalFromHash(&digest, value);
    Hash128 hash;
    std::copy(std::begin(digest.digest), std::end(digest.digest), hash.begin());
    return hash;
}

} // namespace

Hash128 hashOf(std::span<const std::uint8_t> bytes)
{
    return canonical(XXH3_128bits(bytes.data(), bytes.size()));
}

Hash128 hashOf(std::string_view text)
{
    return canonical(XXH3_128bits(text.data(), text.size()));
}

Hash128 pixelHashOf(int widthPx, int heightPx, int channels, std::span<const std::uint8_t> pixels)
{
    const auto shape = static_cast<XXH64_hash_t>(widthPx) << 40 ^ static_cast<XXH64_hash_t>(heightPx) << 8 ^
                       static_cast<XXH64_hash_t>(channels);
    return canonical(XXH3_128bits_withSeed(pixels.data(), pixels.size(), shape));
}

Hasher::Hasher()
    : m_state(XXH3_createState())
{
    XXH3_128bits_reset(static_cast<XXH3_state_t *>(m_state));
}

Hasher::~Hasher()
{
    XXH3_freeState(static_cast<XXH3_state_t *>(m_state));
}

void Hasher::add(std::span<const std::uint8_t> bytes)
{
    XXH3_128bits_update(static_cast<XXH3_state_t *>(m_state), bytes.data(), bytes.size());
}

Hash128 Hasher::result() const
{
    return canonical(XXH3_128bits_digest(static_cast<XXH3_state_t *>(m_state)));
}

} // namespace mien
