#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace mien {

/// SHA-256 of bytes in hexadecimal: for hashes that other programs compare. What Mien compares itself is hashed by
/// XXH3, which is many times as fast. Source: FIPS 180-4.
std::string sha256Hex(std::span<const std::uint8_t> bytes);

} // namespace mien
