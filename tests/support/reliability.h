#pragma once

#include <cstdint>

namespace mien::test {

/// Seed of a loop over random moments: `usual`, or MIEN_TEST_SEED where it is set (`./dev test --long` sets a new one).
std::uint32_t seedOf(std::uint32_t usual);

/// Prints the line that `./dev test --long` gathers into RELIABILITY.md.
/// @param id    the promise, e.g. "R10"
/// @param what  how it was tried, e.g. "import of a table, SIGKILL:"
/// @param seed  0: every point was tried, none was drawn
void reportReliability(const char *id, const char *what, std::int64_t points, std::int64_t lost,
                       std::uint32_t seed = 0);

} // namespace mien::test
