#include "tests/support/reliability.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace mien::test {

std::uint32_t seedOf(std::uint32_t usual)
{
    const char *named = std::getenv("MIEN_TEST_SEED");
    return named && *named ? static_cast<std::uint32_t>(std::strtoul(named, nullptr, 10)) : usual;
}

void reportReliability(const char *id, const char *what, std::int64_t points, std::int64_t lost, std::uint32_t seed)
{
    std::printf("RELIABILITY: %s %s %lld points, %lld lost, seed %s\n", id, what, static_cast<long long>(points),
                static_cast<long long>(lost), seed == 0 ? "none (every point)" : std::to_string(seed).c_str());
    std::fflush(stdout);
}

} // namespace mien::test
