#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

namespace mien {

/// Holds the one request that waits: a newer one takes its place, and the older is handed back as superseded.
/// One thread puts, another takes.
class NewestRequest
{
public:
    /// @param superseded  called by put(), outside the lock, with the request that gave way
    explicit NewestRequest(std::function<void(const std::string &)> superseded)
        : m_superseded(std::move(superseded))
    {
    }

    void put(std::string request);
    void end(); ///< No more will come; what waits is still taken.

    /// Waits for the next; empty when no more will come or stop was requested.
    std::optional<std::string> take(std::stop_token stop);

private:
    std::function<void(const std::string &)> m_superseded;
    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::optional<std::string> m_waiting;
    bool m_ended = false;
};

} // namespace mien
