#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <vector>

namespace mien {

/// Positions that have the same hash.
using HashClass = std::vector<std::size_t>;

/// Perceptual hashes by their values: one that thousands share is looked for once. A hash of 0, where there is nothing
/// to be seen, is in no class.
class HashClasses
{
public:
    explicit HashClasses(std::span<const std::uint64_t> hashes);

    using FoundPair = std::function<void(const HashClass &, const HashClass &)>;
    /// Calls `found` for every two classes whose hashes differ in at most `distance` bits, and for every class of two
    /// or more with itself, each once (forEachHashPair()).
    /// @return false when `stop` ended it early
    bool forEachPair(int distance, const std::stop_token &stop, const FoundPair &found) const;

private:
    std::vector<std::uint64_t> m_hashes;
    std::vector<HashClass> m_classes; ///< Of m_hashes, in their order.
};

} // namespace mien
