#pragma once

#include <mutex>
#include <shared_mutex>

namespace mien {

/// Every transaction of this process that writes passes this gate. Who is about to stop the whole process (a pause)
/// closes it first: stopped in the midst of a transaction, it would keep everybody else from writing.
class WriteGate
{
public:
    using Passage = std::shared_lock<std::shared_mutex>;
    using Closure = std::unique_lock<std::shared_mutex>;

    static Passage pass() { return Passage(gate()); }
    /// Waits until no transaction is open.
    static Closure close() { return Closure(gate()); }

private:
    static std::shared_mutex &gate()
    {
        static std::shared_mutex one;
        return one;
    }
};

} // namespace mien
