#pragma once

#include "models/base/job.h"
#include "models/base/result.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mien {

/// The `neighbours` nearest other points of each point of a map, exactly: [N, neighbours] nearest first, equal
/// distances: the lower row first. By a k-d tree, in time that grows with N log N unless most points lie in one place.
///
/// @param layout      [N, 2], finite
/// @param neighbours  1 to N - 1
/// @return Cancelled when the job is stopped
Result<std::vector<std::int32_t>> planarNeighbours(std::span<const float> layout, int neighbours, const Job &job);

} // namespace mien
