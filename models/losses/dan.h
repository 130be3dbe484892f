#pragma once

#include "models/losses/cross_entropy.h"

#include <torch/torch.h>

namespace mien {

/// Losses of DAN and of the thesis model (`models.md` 3.3).
///
/// Sources: "Distract Your Attention: Multi-head Cross Attention Network for Facial Expression Recognition"; the
/// thesis adds the flip consistency of EAC (eac.h).

/// Draws the pooled features to the learnable centre of their class, in units of how far the centres lie apart:
///
///     L_af = 1/N sum over i,j of clamp( [j = y_i] |f_i - c_j|^2 / sigma, 1e-12, 1e12 )
///
/// sigma: unbiased variance of the centres over the classes, summed over the dimensions; it carries gradient.
/// @param features  [N, D], pooled over space
/// @param labels    I64 [N]
/// @param centres   [L, D], L >= 2
/// @return scalar >= 0
torch::Tensor affinityLoss(const torch::Tensor &features, const torch::Tensor &labels, const torch::Tensor &centres);

/// Drives the attention heads apart (D5): log(1 + h / (v + eps)), v the unbiased variance over the h heads, meaned over
/// samples and channels. 0 for one head.
/// @param heads  V': [N, h, D]
/// @return scalar >= 0
torch::Tensor partitionLoss(const torch::Tensor &heads);

struct DanLoss
{
    torch::Tensor classification; ///< Cross entropy.
    torch::Tensor affinity, partition;
    torch::Tensor consistency; ///< Of the class maps of pairs.
    torch::Tensor total;
};

/// Weights of the total L = l1 * affinity + l2 * partition + classification + l3 * consistency.
struct DanWeights
{
    double affinity = 1, partition = 1;
    double consistency = 0; ///< The thesis model: 4.
};

/// What the total is made of.
struct DanLossInput
{
    torch::Tensor features;  ///< X of the classified faces: [N, D, h, w].
    torch::Tensor heads;     ///< V': [N, h, D].
    torch::Tensor logits;    ///< [N, L]
    torch::Tensor labels;    ///< I64 [N]
    torch::Tensor targets{}; ///< Of the cross entropy in place of the labels, [N, L] (crossEntropy()); undefined: they.
    torch::Tensor centres;   ///< [L, D]
    torch::Tensor weight; ///< W of the classifier, [L, D]; detached for the maps, so that they train the trunk alone.
    torch::Tensor firstViews, secondViews; ///< X of pairs, each [M, D, h, w], as computed; undefined: there are none.
};

/// A part that weighs nothing is left undefined; smoothing, class weights and their mean are the cross entropy's.
DanLoss danLoss(const DanLossInput &input, const DanWeights &weights, double labelSmoothing = 0,
                const torch::Tensor &classWeights = {}, WeightedMean weighting = WeightedMean::BySumOfWeights);

} // namespace mien
