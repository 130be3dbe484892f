#pragma once

#include <torch/torch.h>

namespace mien {

/// Packs every layer of a module that can be (PackableLinear, PackableConv2d): the last thing before it is evaluated.
void packWeights(torch::nn::Module &module);

} // namespace mien
