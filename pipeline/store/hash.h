#pragma once

#include "pipeline/store/sample.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace mien {

/// XXH3 128 bit in canonical order: of a file, a crop's stored bytes, a snapshot's lines.
Hash128 hashOf(std::span<const std::uint8_t> bytes);
Hash128 hashOf(std::string_view text);

/// Of decoded pixels, width, height and channels included: what makes two samples pixel-identical.
/// @param pixels  8 bit; the same layout (planar or interleaved) must be used for all of a project: planar
Hash128 pixelHashOf(int widthPx, int heightPx, int channels, std::span<const std::uint8_t> pixels);

/// The same as hashOf() for what comes in pieces.
class Hasher
{
public:
    Hasher();
    Hasher(const Hasher &) = delete;
    Hasher &operator=(const Hasher &) = delete;
    ~Hasher();
    void add(std::span<const std::uint8_t> bytes);
    Hash128 result() const;

private:
    void *m_state;
};

} // namespace mien
