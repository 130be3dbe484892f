#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

namespace mien {

struct Progress
{
    std::int64_t done = 0;
    std::int64_t total = 0; ///< 0: not known yet.
    std::string step;       ///< What is being worked on, e.g. a file name.
};

/// What every long operation is handed. Both members may be left empty in tests.
struct Job
{
    std::stop_token stop;
    std::function<void(const Progress &)> report = [](const Progress &) {};
};

} // namespace mien
