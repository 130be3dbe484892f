#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mien {

/// CRC-32 as zip files have it (polynomial 0xEDB88320, reflected).
std::uint32_t crc32(std::span<const std::byte> bytes);

} // namespace mien
