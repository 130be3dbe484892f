#pragma once

#include "models/base/disjoint_sets.h"
#include "models/base/job.h"
#include "models/base/result.h"
#include "pipeline/dedup/candidate_greys.h"

#include <cstdint>
#include <span>

namespace mien {

/// From this correlation on two pictures whose hashes are near are the same picture (`datasets.md` 3.9).
inline constexpr double leastCorrelation = 0.97;

/// Joins pictures that are nearly the same: perceptual hashes at most `distance` bits apart, confirmed by the
/// correlation of their small pictures; what is joined to a third picture by way of a second one is in one set with it.
/// Only pictures that have a near hash are read, 2.3 KB each. A hash of 0, where there is nothing to be seen, is near
/// to none.
///
/// @param distance  see forEachHashPair()
/// Fails with Cancelled, or as `read` does.
Result<DisjointSets> lookAlikes(std::span<const std::uint64_t> hashes, int distance, const ReadSmallGreys &read,
                                const Job &job);

} // namespace mien
