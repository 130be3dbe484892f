#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "pipeline/dedup/small_grey.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace mien {

/// Small pictures of some positions, in their order; empty where one cannot be had.
using ReadSmallGreys = std::function<Result<std::vector<std::optional<SmallGrey>>>(std::span<const std::size_t>)>;

/// The small pictures of those positions that have to be compared, 2.3 KB each.
class CandidateGreys
{
public:
    /// Reads those of which `isCandidate` is true. Fails with Cancelled, or as `read` does.
    Result<> read(const std::vector<bool> &isCandidate, const ReadSmallGreys &read, const Job &job);

    /// Null: it was not asked for, or cannot be had.
    const SmallGrey *at(std::size_t position) const
    {
        return m_places[position] == none ? nullptr : &m_greys[m_places[position]];
    }

private:
    static constexpr std::uint32_t none = UINT32_MAX;

    std::vector<SmallGrey> m_greys;
    std::vector<std::uint32_t> m_places; ///< By position, where in m_greys.
};

} // namespace mien
