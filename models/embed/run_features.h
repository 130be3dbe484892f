#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "models/worker/compute.h"

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mien {

/// What one network of a run sees in every sample of a pack: rows of one space, the network's pooled vectors. Features
/// of different folds live in different spaces and are never compared (`models.md` 10), so a map takes one.
struct RunFeatures
{
    std::string run;
    int fold = 0;
    int dimensions = 0;
    std::vector<float> values;         ///< [N, dimensions], as computed.
    std::vector<std::int64_t> samples; ///< [N] ids, in order of the pack.
    std::vector<std::int64_t> labels;  ///< [N] as the run was trained; -1: none, or not in the run.
    std::vector<std::uint8_t> trained; ///< [N] 1: the network was trained on the sample.
    std::vector<std::string> classes;
    std::string modelHash; ///< Of the network's weights.
    std::string preprocessingHash;
};

/// @param fold  0 to folds - 1
/// @param keep  file that holds them from now on, under a hash of what they depend on; read in place of computing where
///              it is that of these inputs
/// @return NotFound, Unreadable, Conflict (not trained to its end), Invalid (no such fold; a feature that is no finite
///         number, naming the sample), Cancelled
Result<RunFeatures> runFeatures(const std::filesystem::path &runFolder, int fold,
                                const std::filesystem::path &packFolder, const std::filesystem::path &keep,
                                torch::Device device, const EventSink &events, const Job &job);

/// In the space in which neighbours are sought: each dimension with the mean and deviation of what the network was
/// trained on.
std::vector<float> standardised(const RunFeatures &features);

} // namespace mien
