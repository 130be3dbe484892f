#pragma once

#include "models/base/result.h"
#include "models/io/safetensors.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mien {

/// How published weights may lie in a file.
enum class WeightForm { Safetensors, TorchZip, TorchLegacy, NumpyArchive, ArrayPickle };

std::string_view name(WeightForm form); ///< "safetensors", "torch-zip", "torch-legacy", "npz", "pickle".

/// A file of weights in memory, as it is published.
struct WeightFile
{
    WeightForm form = WeightForm::Safetensors;
    std::vector<TensorView> tensors;  ///< Names unique; a leading `module.` is dropped.
    std::vector<std::string> skipped; ///< Entries among the tensors that are none.
    std::vector<std::string> beside;  ///< Of a checkpoint: what it holds besides the weights, "epoch", "optimizer", …
    std::map<std::string, std::string> metadata; ///< Of safetensors.
    std::shared_ptr<const void> owner;           ///< Of the bytes of the tensors.
};

/// Reads safetensors, a state dictionary of PyTorch (zip or legacy, also in a dictionary under `state_dict`,
/// `model_state_dict` or `model`), what numpy.savez wrote, or a pickled dictionary of NumPy arrays; which of them it
/// is, its bytes say. Executes nothing; memory stays within a few times the file's size, which is at most 16 GB.
///
/// Fails with NotFound, Unreadable, or Invalid with the reason in words: also where values are not finite, or where two
/// names are the same without `module.`.
Result<WeightFile> openWeightFile(const std::filesystem::path &path);

} // namespace mien
