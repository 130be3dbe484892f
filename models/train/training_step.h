#pragma once

#include "models/networks/network.h"
#include "models/train/compute_mode.h"
#include "models/train/optimiser.h"

#include <torch/torch.h>

namespace mien {

/// What changes from step to step.
struct StepSettings
{
    double rate = 0;   ///< Learning rate.
    double lambda = 0; ///< Weight of the attention consistency; 0: cross entropy alone.
    bool classifyBoth = false; ///< Of a pair, the second view is classified too: cross entropy is the mean of both.
    double labelSmoothing = 0;
    double sam = 0; ///< Radius of sharpness-aware minimisation (sharpness_aware.h), a second pass a step; 0: without.
};

/// Loss of one batch (`models.md` 2.4): cross entropy of the first views (or of both) plus lambda times the flip
/// consistency.
/// @param inputs  [N, C, H, W], or [2N, C, H, W] with pairs: the first views, then the second ones
/// @param labels  [N], class indices
/// @return scalar, fp32
torch::Tensor batchLoss(Network &network, const torch::Tensor &inputs, const torch::Tensor &labels,
                        const StepSettings &settings, const ComputeMode &mode);

/// Loss, gradients and one update of the weights. A loss that is not finite changes nothing.
/// @return the loss before the update
double trainStep(Network &network, Optimiser &optimiser, const torch::Tensor &inputs, const torch::Tensor &labels,
                 const StepSettings &settings, const ComputeMode &mode);

} // namespace mien
