#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

namespace mien {

/// Leaves gradients to the parameters whose names begin with one of these; the others do not learn.
void freezeAllBut(torch::nn::Module &network, const std::vector<std::string> &beginnings);

/// Puts into evaluation mode what has parameters and none that learns: its normalisations neither take nor update a
/// batch's statistics (`models.md` 6.3). To be called after every train().
void evaluateFrozenParts(torch::nn::Module &network);

} // namespace mien
