#include "pipeline/dedup/candidate_greys.h"

#include <algorithm>

namespace mien {

Result<> CandidateGreys::read(const std::vector<bool> &isCandidate, const ReadSmallGreys &read, const Job &job)
{
    constexpr std::size_t readAtOnce = 512;
    m_places.assign(isCandidate.size(), none);
    std::vector<std::size_t> wanted;
    for (std::size_t position = 0; position < isCandidate.size(); ++position)
        if (isCandidate[position])
            wanted.push_back(position);
    const auto report = [&](std::size_t done) {
        job.report({std::int64_t(done), std::int64_t(wanted.size()), "pictures that look alike"});
    };
    for (std::size_t from = 0; from < wanted.size(); from += readAtOnce) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Looking for near-duplicates was stopped.");
        report(from);
        const std::span page = std::span(wanted).subspan(from, std::min(readAtOnce, wanted.size() - from));
        const auto pictures = read(page);
        if (!pictures)
            return fail(pictures.error());
        for (std::size_t i = 0; i < page.size(); ++i) {
            if (!(*pictures)[i])
                continue;
            m_places[page[i]] = std::uint32_t(m_greys.size());
            m_greys.push_back(*(*pictures)[i]);
        }
    }
    report(wanted.size());
    return {};
}

} // namespace mien
