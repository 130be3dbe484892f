#pragma once

#include <ctime>

namespace mien::test {

/// The CPU seconds (user and system) that this process used so far, all threads together.
inline double cpuSeconds()
{
    timespec now = {};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

} // namespace mien::test
