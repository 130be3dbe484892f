#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "pipeline/jobs/confinement.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mien {

/// What a conversion made of a file of weights.
struct ConvertedWeights
{
    std::string form;                 ///< What it was: "torch-zip", "torch-legacy", "npz", "safetensors".
    std::int64_t tensors = 0;         ///< Written.
    std::int64_t values = 0;          ///< In all of them.
    std::vector<std::string> skipped; ///< Entries among the weights that are no tensors.
    std::vector<std::string> beside;  ///< What a checkpoint holds besides the weights; not written.
};

/// Reads a file of weights and writes its tensors, in their own types, as safetensors: beside `out`, then renamed.
/// Where it fails, `out` is as it was before. Fails as openWeightFile() and SafetensorsWriter::write() do.
Result<ConvertedWeights> convertWeights(const std::filesystem::path &file, const std::filesystem::path &out);

/// What that may need at most for this file.
Confinement conversionLimits(const std::filesystem::path &file);

/// convertWeights() in a process of its own, `mien convert --confined`, that keeps to conversionLimits(). A child that
/// reaches one of them, or dies otherwise, leaves nothing behind.
/// Fails with what the child says, or Invalid for one that was ended; Cancelled.
Result<ConvertedWeights> convertInChild(const std::filesystem::path &file, const std::filesystem::path &out,
                                        const Job &job);

} // namespace mien
