#pragma once

#include "models/base/job.h"
#include "models/base/result.h"

#include <torch/torch.h>

#include <cstdint>
#include <span>
#include <vector>

namespace mien {

/// The nearest other rows of every row of a table.
struct Neighbours
{
    int width = 0;                       ///< k: how many each row has.
    std::vector<std::int32_t> rows;      ///< [N, k] nearest first; equal distances: the lower row first.
    std::vector<float> squaredDistances; ///< [N, k] Euclidean, squared.

    std::int64_t count() const { return width ? std::int64_t(rows.size()) / width : 0; }
};

struct NeighbourOptions
{
    torch::Device device = torch::kCPU;
    bool useTensors = false; ///< Search by whole tensors, as on a GPU, on the CPU too.
};

/// The `neighbours` nearest others of each row, exactly: candidates come from blocked matrix products in fp32, their
/// distances are computed again in fp64, and a row whose candidates are not certain to hold all neighbours (products
/// round, copies tie) is searched anew. Time grows with N^2 * dimensions: 2 s at 32,000 x 50, 20 s at 100,000 x 50 on
/// one core. The result is the same whatever the number of threads and the device.
///
/// @param points      [N, dimensions], finite; at most 2^31 - 1 rows
/// @param neighbours  1 to N - 1
/// @return Cancelled when the job is stopped. `job.report` is told rows, from the calling thread.
Result<Neighbours> exactNeighbours(std::span<const float> points, int dimensions, int neighbours,
                                   const NeighbourOptions &options, const Job &job);

} // namespace mien
