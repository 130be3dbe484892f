#include "pipeline/jobs/newest_request.h"

#include <utility>

namespace mien {

void NewestRequest::put(std::string request)
{
    std::optional<std::string> older;
    {
        const std::lock_guard lock(m_mutex);
        older = std::exchange(m_waiting, std::move(request));
    }
    m_changed.notify_one();
    if (older)
        m_superseded(*older);
}

void NewestRequest::end()
{
    {
        const std::lock_guard lock(m_mutex);
        m_ended = true;
    }
    m_changed.notify_one();
}

std::optional<std::string> NewestRequest::take(std::stop_token stop)
{
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, stop, [this] { return m_waiting || m_ended; });
    if (stop.stop_requested())
        return {};
    return std::exchange(m_waiting, std::nullopt);
}

} // namespace mien
