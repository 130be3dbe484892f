#include "pipeline/dedup/look_alikes.h"

#include "pipeline/dedup/hash_pairs.h"

#include <algorithm>
#include <utility>

namespace mien {

namespace {

constexpr std::size_t readAtOnce = 512;

/// Positions that have the same hash.
using HashClass = std::vector<std::size_t>;

struct DistinctHashes
{
    std::vector<std::uint64_t> hashes;
    std::vector<HashClass> classes;
};

/// A hash that thousands share is looked for once.
DistinctHashes distinct(std::span<const std::uint64_t> hashes)
{
    std::vector<std::pair<std::uint64_t, std::size_t>> sorted;
    sorted.reserve(hashes.size());
    for (std::size_t i = 0; i < hashes.size(); ++i)
        if (hashes[i] != 0)
            sorted.emplace_back(hashes[i], i);
    std::sort(sorted.begin(), sorted.end());
    DistinctHashes found;
    for (const auto &[hash, position] : sorted) {
        if (found.hashes.empty() || found.hashes.back() != hash) {
            found.hashes.push_back(hash);
            found.classes.emplace_back();
        }
        found.classes.back().push_back(position);
    }
    return found;
}

class Search
{
public:
    Search(std::span<const std::uint64_t> hashes, int distance, const Job &job)
        : m_distinct(distinct(hashes))
        , m_distance(distance)
        , m_job(job)
        , m_pictures(hashes.size(), noPicture)
        , m_sets(hashes.size())
    {
    }

    Result<> readCandidates(const ReadSmallGreys &read);
    Result<> confirm();
    DisjointSets takeSets() { return std::move(m_sets); }

private:
    static constexpr std::uint32_t noPicture = UINT32_MAX;

    bool forEachClassPair(const std::function<void(const HashClass &, const HashClass &)> &found) const;
    void confirm(const HashClass &a, const HashClass &b);
    bool areOneSet(const HashClass &a, const HashClass &b);

    DistinctHashes m_distinct;
    int m_distance;
    const Job &m_job;
    std::vector<SmallGrey> m_read;
    std::vector<std::uint32_t> m_pictures; ///< By position, where in m_read.
    DisjointSets m_sets;
};

/// A class with itself too, where it has two members.
bool Search::forEachClassPair(const std::function<void(const HashClass &, const HashClass &)> &found) const
{
    for (const HashClass &one : m_distinct.classes) {
        if (m_job.stop.stop_requested())
            return false;
        if (one.size() > 1)
            found(one, one);
    }
    return forEachHashPair(m_distinct.hashes, m_distance, m_job.stop,
                           [&](std::size_t a, std::size_t b) { found(m_distinct.classes[a], m_distinct.classes[b]); });
}

Result<> Search::readCandidates(const ReadSmallGreys &read)
{
    // The pairs are searched twice, as there may be more of them than fit into memory.
    std::vector<bool> isCandidate(m_pictures.size());
    m_job.report({0, 0, "comparing hashes"});
    if (!forEachClassPair([&](const HashClass &a, const HashClass &b) {
            for (const HashClass *one : {&a, &b})
                for (const std::size_t position : *one)
                    isCandidate[position] = true;
        }))
        return fail(ErrorCode::Cancelled, "Looking for near-duplicates was stopped.");
    std::vector<std::size_t> wanted;
    for (std::size_t position = 0; position < isCandidate.size(); ++position)
        if (isCandidate[position])
            wanted.push_back(position);
    for (std::size_t from = 0; from < wanted.size(); from += readAtOnce) {
        if (m_job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Looking for near-duplicates was stopped.");
        m_job.report({std::int64_t(from), std::int64_t(wanted.size()), "pictures that look alike"});
        const std::span page = std::span(wanted).subspan(from, std::min(readAtOnce, wanted.size() - from));
        const auto pictures = read(page);
        if (!pictures)
            return fail(pictures.error());
        for (std::size_t i = 0; i < page.size(); ++i) {
            if (!(*pictures)[i])
                continue;
            m_pictures[page[i]] = std::uint32_t(m_read.size());
            m_read.push_back(*(*pictures)[i]);
        }
    }
    m_job.report({std::int64_t(wanted.size()), std::int64_t(wanted.size()), "pictures that look alike"});
    return {};
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
        if (m_pictures[one] == noPicture)
            continue;
        for (const std::size_t other : b)
            if (m_pictures[other] != noPicture && !m_sets.areJoined(one, other) &&
                m_read[m_pictures[one]].correlation(m_read[m_pictures[other]]) >= leastCorrelation)
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
