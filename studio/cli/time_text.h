#pragma once

#include <cstdint>
#include <string>

namespace mien {

std::string isoTime(std::int64_t msSince1970); ///< "2026-03-01T12:30:00Z"
std::string isoDate(std::int64_t msSince1970); ///< "2026-03-01", UTC

} // namespace mien
