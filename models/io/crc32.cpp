#include "models/io/crc32.h"

#include <array>
#include <bit>
#include <cstring>

namespace mien {

static_assert(std::endian::native == std::endian::little, "eight bytes are taken at a time, least first");

namespace {

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

/// Table k: what a byte does to the sum when k bytes follow it.
constexpr Tables makeTables()
{
    Tables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t sum = byte;
        for (int bit = 0; bit < 8; ++bit)
            sum = (sum >> 1) ^ ((sum & 1) ? 0xEDB88320u : 0u);
        tables[0][byte] = sum;
    }
    for (std::size_t k = 1; k < tables.size(); ++k)
        for (std::size_t byte = 0; byte < 256; ++byte)
            tables[k][byte] = (tables[k - 1][byte] >> 8) ^ tables[0][tables[k - 1][byte] & 0xFF];
    return tables;
}

constexpr Tables kTables = makeTables();

} // namespace

std::uint32_t crc32(std::span<const std::byte> bytes)
{
    std::uint32_t sum = 0xFFFFFFFFu;
    const std::byte *at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) {
        std::uint64_t next = 0;
        std::memcpy(&next, at, sizeof next);
        next ^= sum;
        sum = 0;
        for (std::size_t k = 0; k < 8; ++k)
            sum ^= kTables[7 - k][(next >> (8 * k)) & 0xFF];
    }
    for (; left > 0; --left, ++at)
        sum = (sum >> 8) ^ kTables[0][(sum ^ std::to_integer<std::uint32_t>(*at)) & 0xFF];
    return ~sum;
}

} // namespace mien
