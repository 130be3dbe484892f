#pragma once

#include "models/networks/network.h"
#include "models/train/compute_mode.h"
#include "models/train/optimiser.h"

#include <torch/torch.h>

namespace mien {

/// What changes from step to step.
struct StepSettings
{
    double rate = 0;     ///< Learning rate.
    double share = 1;    ///< Of the batches that make one update, by samples; below 1 their gradients are gathered.
    bool updates = true; ///< Last of those batches. The one after it begins with gradients of 0.
    double sam = 0; ///< Radius of sharpness-aware minimisation (sharpness_aware.h), a second pass a step; 0: without.
    LossSettings loss{};
};

/// Loss of one batch, as the network defines it.
/// @param inputs  [N, C, H, W], or [2N, C, H, W] with pairs: the first views, then the second ones
/// @param labels  [N], class indices
/// @return scalar, fp32
torch::Tensor batchLoss(Network &network, const NetworkInput &inputs, const torch::Tensor &labels,
                        const LossSettings &settings, const ComputeMode &mode);

/// Loss, gradients and one update of the weights. A loss that is not finite changes nothing.
/// @return the loss before the update
double trainStep(Network &network, Optimiser &optimiser, const NetworkInput &inputs, const torch::Tensor &labels,
                 const StepSettings &settings, const ComputeMode &mode);

} // namespace mien
