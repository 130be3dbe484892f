#include "pipeline/dedup/look_alikes.h"

#include "pipeline/dedup/hash_classes.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace mien {

namespace {

class Search
{
public:
    Search(std::span<const std::uint64_t> hashes, int distance, const Job &job)
        : m_classes(hashes)
        , m_distance(distance)
        , m_job(job)
        , m_count(hashes.size())
        , m_sets(hashes.size())
    {
    }

    Result<> readCandidates(const ReadSmallGreys &read);
    Result<> confirm();
    DisjointSets takeSets() { return std::move(m_sets); }

private:
    bool forEachClassPair(const HashClasses::FoundPair &found) const
    {
        return m_classes.forEachPair(m_distance, m_job.stop, found);
    }
    void confirm(const HashClass &a, const HashClass &b);
    bool areOneSet(const HashClass &a, const HashClass &b);

    HashClasses m_classes;
    int m_distance;
    const Job &m_job;
    std::size_t m_count;
    CandidateGreys m_greys;
    DisjointSets m_sets;
};

Result<> Search::readCandidates(const ReadSmallGreys &read)
{
    // The pairs are searched twice, as there may be more of them than fit into memory.
    std::vector<bool> isCandidate(m_count);
    m_job.report({0, 0, "comparing hashes"});
    if (!forEachClassPair([&](const HashClass &a, const HashClass &b) {
            for (const HashClass *one : {&a, &b})
                for (const std::size_t position : *one)
                    isCandidate[position] = true;
        }))
        return fail(ErrorCode::Cancelled, "Looking for near-duplicates was stopped.");
    return m_greys.read(isCandidate, read, m_job);
}

bool Search::areOneSet(const HashClass &a, const HashClass &b)
{
    const std::size_t root = m_sets.rootOf(a.front());
    const auto isIn = [&](std::size_t position) { return m_sets.rootOf(position) == root; };
    return std::all_of(a.begin(), a.end(), isIn) && std::all_of(b.begin(), b.end(), isIn);
}

void Search::confirm(const HashClass &a, const HashClass &b)
{
    for (const std::size_t one : a) {
        if (m_job.stop.stop_requested() || areOneSet(a, b)) // a thousand frames of a still scene are one after a round
            return;
        const SmallGrey *const grey = m_greys.at(one);
        if (!grey)
            continue;
        for (const std::size_t other : b)
            if (const SmallGrey *const otherGrey = m_greys.at(other);
                otherGrey && !m_sets.areJoined(one, other) && grey->correlation(*otherGrey) >= leastCorrelation)
                m_sets.join(one, other);
    }
}

Result<> Search::confirm()
{
    m_job.report({0, 0, "comparing pictures"});
    if (!forEachClassPair([&](const HashClass &a, const HashClass &b) { confirm(a, b); }) ||
        m_job.stop.stop_requested())
        return fail(ErrorCode::Cancelled, "Looking for near-duplicates was stopped.");
    return {};
}

} // namespace

Result<DisjointSets> lookAlikes(std::span<const std::uint64_t> hashes, int distance, const ReadSmallGreys &read,
                                const Job &job)
{
    Search search(hashes, distance, job);
    if (const auto done = search.readCandidates(read); !done)
        return fail(done.error());
    if (const auto done = search.confirm(); !done)
        return fail(done.error());
    return search.takeSets();
}

} // namespace mien
