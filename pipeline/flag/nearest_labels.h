#pragma once

#include "models/base/job.h"
#include "models/base/result.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mien {

/// Share of every class among the 10 nearest other samples with a label, by Euclidean distance; equal distances go to
/// the lower row. Exact up to `references` samples; of more, that many evenly spaced rows are searched.
///
/// @param features  [N, dimensions] finite
/// @param labels    [N] class index or -1: no label
/// @return [N, classes]; zeros where no other sample has a label. Fails with Cancelled.
Result<std::vector<float>> nearestLabels(std::span<const float> features, int dimensions,
                                         std::span<const std::int64_t> labels, int classes, const Job &job,
                                         std::size_t references = 20000);

} // namespace mien
