#pragma once

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace mien {

inline int hardwareThreads()
{
    return std::max(1, int(std::thread::hardware_concurrency()));
}

/// What MIEN_THREADS asks for, at most what the machine has: more would only take turns. Empty when it asks for nothing
/// or is no number above 0.
inline std::optional<int> threadsAskedFor()
{
    const char *const wanted = std::getenv("MIEN_THREADS");
    const std::string_view text = wanted ? wanted : "";
    long long threads = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), threads);
    if (error == std::errc::result_out_of_range && !text.starts_with('-'))
        return hardwareThreads();
    if (error != std::errc() || end != text.data() + text.size() || threads < 1)
        return std::nullopt;
    return int(std::min<long long>(threads, hardwareThreads()));
}

/// What is wrong with MIEN_THREADS, in a line; empty: nothing.
inline std::string threadsComplaint()
{
    const char *const wanted = std::getenv("MIEN_THREADS");
    if (!wanted || !*wanted || threadsAskedFor())
        return {};
    return std::string("MIEN_THREADS=") + wanted + " is not a number above 0 and is passed over.";
}

} // namespace mien
