#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "models/embed/neighbours.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mien {

/// How far neighbours in the map are neighbours in the data, and the other way round (Venna and Kaski 2001).
struct MapFaithfulness
{
    int neighbours = 0;         ///< k of both: 5, or fewer where there are too few rows.
    double trustworthiness = 0; ///< 1: whoever is near in the map is near in the data.
    double continuity = 0;      ///< 1: whoever is near in the data is near in the map.
    std::int64_t judged = 0;    ///< Rows they are means over: all up to 4,096, else as many, evenly spaced.

    /// [N] share of a row's nearest in the data (as many as `nearest` holds, at most 30) that are not among as many
    /// nearest in the map: 0 nothing is torn apart, 1 everything.
    std::vector<float> distortion;
};

/// @param points   [N, dimensions], finite
/// @param layout   [N, 2], finite
/// @param nearest  of `points`
/// @return Cancelled when the job is stopped; Invalid below 4 rows. `job.report` is told rows, from the calling thread.
Result<MapFaithfulness> mapFaithfulness(std::span<const float> points, int dimensions, std::span<const float> layout,
                                        const Neighbours &nearest, const Job &job);

} // namespace mien
