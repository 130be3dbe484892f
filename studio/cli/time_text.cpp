#include "studio/cli/time_text.h"

#include <ctime>

namespace mien {
namespace {

std::string formatted(std::int64_t ms, const char *format)
{
    const std::time_t seconds = ms / 1000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[32];
    std::strftime(text, sizeof text, format, &utc);
    return text;
}

} // namespace

std::string isoTime(std::int64_t msSince1970)
{
    return formatted(msSince1970, "%Y-%m-%dT%H:%M:%SZ");
}

std::string isoDate(std::int64_t msSince1970)
{
    return formatted(msSince1970, "%Y-%m-%d");
}

} // namespace mien
