#include "pipeline/jobs/in_turn.h"

#include <utility>

namespace mien {

std::optional<std::size_t> InTurn::take()
{
    std::unique_lock lock(m_mutex);
    m_moved.wait(lock, [&] { return m_failure || m_taken == m_count || m_taken < m_turn + m_mostAhead; });
    if (m_failure || m_taken == m_count)
        return std::nullopt;
    return m_taken++;
}

Result<bool> InTurn::hand(std::size_t index, MediaFaces part)
{
    const std::lock_guard lock(m_mutex);
    if (m_failure)
        return fail(*m_failure);
    if (index != m_turn) {
        m_waiting[index].push_back(std::move(part));
        return false;
    }
    const bool isLast = part.isLast;
    if (const auto stored = m_store(index, part); !stored)
        return fail(stored.error());
    if (isLast) {
        ++m_turn;
        if (const auto stored = storeWaiting(); !stored)
            return fail(stored.error());
        m_moved.notify_all();
    }
    return true;
}

/// Those whose turn has come.
Result<> InTurn::storeWaiting()
{
    while (auto parts = m_waiting.extract(m_turn)) {
        bool isDone = false;
        for (MediaFaces &part : parts.mapped()) {
            if (const auto stored = m_store(m_turn, part); !stored)
                return stored;
            isDone = part.isLast;
        }
        if (!isDone)
            return {}; // its other parts are handed over when they are there
        ++m_turn;
    }
    return {};
}

void InTurn::failed(const Error &error)
{
    const std::lock_guard lock(m_mutex);
    if (!m_failure)
        m_failure = error;
    m_moved.notify_all();
}

std::optional<Error> InTurn::failure() const
{
    const std::lock_guard lock(m_mutex);
    return m_failure;
}

} // namespace mien
