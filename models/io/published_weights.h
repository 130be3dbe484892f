#pragma once

#include "models/base/result.h"
#include "models/io/safetensors.h"
#include "models/io/torch_tensors.h"

#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include <string>
#include <vector>

namespace mien {

/// How a published file and a network met.
struct PublishedReport : WeightReport
{
    std::string convention;           ///< Whose names the file has ("torchvision's ViT"); empty: the network's own.
    std::string part;                 ///< What part of the network it is for ("features."); empty: the whole.
    std::vector<std::string> changed; ///< Transposed, reshaped or resized on the way; in the network's names.
    std::vector<std::string> dropped; ///< Published, but never evaluated; in the file's names.

    bool isStrict() const { return missing.empty() && unexpected.empty() && mismatched.empty(); }
    std::vector<std::string> sentences() const; ///< For a log, the numbers first, then names.
    nlohmann::json toJson() const;              ///< matched, missing, unexpected, mismatched, dropped, changed, …
};

/// Says how the tensors of a file and of a module meet, by the names of published_names.h; changes nothing.
PublishedReport comparePublishedWeights(const torch::nn::Module &module, const SafetensorsFile &file);

/// Copies published weights into a module, each in the module's layout and type.
/// Fails with Invalid, naming up to three names that do not meet (Strict) or the first tensor with a value that is not
/// finite, and where nothing meets. After a failure the module is unchanged.
Result<PublishedReport> loadPublishedWeights(torch::nn::Module &module, const SafetensorsFile &file,
                                             WeightMatch match = WeightMatch::MatchingOnly);

/// A table of positions for another grid (`models.md` 1.3): class row as it is, the others resampled, bicubic with
/// a = -0.75 and half-pixel centres.
/// @param positions  [1, 1 + t^2, D]
/// @param grid       T
/// @return [1, 1 + T^2, D]
torch::Tensor resizedPositions(const torch::Tensor &positions, std::int64_t grid);

} // namespace mien
