#pragma once

#include "models/base/result.h"
#include "models/io/safetensors.h"

#include <torch/torch.h>

#include <string>
#include <vector>

namespace mien {

/// A copy of a stored tensor on the CPU, in its own type.
torch::Tensor toTorch(const TensorView &tensor);

/// Adds a tensor under a name; it is detached, brought to the CPU and made contiguous.
/// Types that the format lacks are a bug in the caller (c10::Error).
void addTensor(SafetensorsWriter &writer, std::string name, const torch::Tensor &tensor);

/// Adds all parameters and buffers of a module under `prefix` + their names.
void addModule(SafetensorsWriter &writer, const torch::nn::Module &module, const std::string &prefix = {});

/// How the names of a file and of a module met.
struct WeightReport
{
    std::vector<std::string> missing;    ///< In the module, not in the file.
    std::vector<std::string> unexpected; ///< In the file, not in the module.
    std::vector<std::string> mismatched; ///< In both, with different shapes.
    int matched = 0;
};

enum class WeightMatch {
    Strict,      ///< Every name of the module and of the file must meet (`num_batches_tracked` may be missing).
    MatchingOnly ///< Copies what meets; at least one name must.
};

/// Copies stored weights into a module, converted to each parameter's type. A leading `module.` is dropped, then
/// `prefix`; tensors that do not begin with `prefix` are not looked at.
/// Fails with Invalid, naming up to three names that do not meet, or the first tensor with a value that is not finite.
/// After a failure the module is unchanged.
Result<WeightReport> loadWeights(torch::nn::Module &module, const SafetensorsFile &file,
                                 WeightMatch match = WeightMatch::Strict, const std::string &prefix = {});

} // namespace mien
