#include "pipeline/dedup/hash_classes.h"

#include "pipeline/dedup/hash_pairs.h"

#include <algorithm>
#include <utility>

namespace mien {

HashClasses::HashClasses(std::span<const std::uint64_t> hashes)
{
    std::vector<std::pair<std::uint64_t, std::size_t>> sorted;
    sorted.reserve(hashes.size());
    for (std::size_t i = 0; i < hashes.size(); ++i)
        if (hashes[i] != 0)
            sorted.emplace_back(hashes[i], i);
    std::sort(sorted.begin(), sorted.end());
    for (const auto &[hash, position] : sorted) {
        if (m_hashes.empty() || m_hashes.back() != hash) {
            m_hashes.push_back(hash);
            m_classes.emplace_back();
        }
        m_classes.back().push_back(position);
    }
}

bool HashClasses::forEachPair(int distance, const std::stop_token &stop, const FoundPair &found) const
{
    for (const HashClass &one : m_classes) {
        if (stop.stop_requested())
            return false;
        if (one.size() > 1)
            found(one, one);
    }
    return forEachHashPair(m_hashes, distance, stop,
                           [&](std::size_t a, std::size_t b) { found(m_classes[a], m_classes[b]); });
}

} // namespace mien
