#pragma once

#include "models/base/result.h"
#include "pipeline/jobs/media_faces.h"

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

namespace mien {

/// Brings what many threads find in media, part by part, into the order of the media: parts of the first one that is
/// not done are stored as they come, those behind it wait. What is stored so does not depend on who was faster.
class InTurn
{
public:
    /// Called by one thread at a time, in order.
    using Store = std::function<Result<>(std::size_t index, MediaFaces &part)>;

    /// @param mostAhead  so many media are at most begun and not stored, 1 or more
    InTurn(std::size_t count, std::size_t mostAhead, Store store)
        : m_count(count)
        , m_mostAhead(mostAhead)
        , m_store(std::move(store))
    {
    }

    /// Which medium to read; waits while too much waits. Empty: there are no more, or something failed.
    std::optional<std::size_t> take();

    /// Stores the next part of this medium, or keeps it until those before it are done. True: it is stored.
    Result<bool> hand(std::size_t index, MediaFaces part);

    /// Nobody takes any more.
    void failed(const Error &error);
    /// The first one.
    std::optional<Error> failure() const;

private:
    Result<> storeWaiting();

    const std::size_t m_count, m_mostAhead;
    Store m_store;
    mutable std::mutex m_mutex;
    std::condition_variable m_moved;
    std::size_t m_taken = 0;
    std::size_t m_turn = 0; ///< The first medium that is not done.
    std::map<std::size_t, std::vector<MediaFaces>> m_waiting;
    std::optional<Error> m_failure;
};

} // namespace mien
