#pragma once

#include <torch/torch.h>

namespace mien {

/// Erasing attention consistency: how far the class maps of a face are from those of its mirror image, mirrored back.
/// It reads no label, so a wrong label cannot pull it (`models.md` 2.4).
///
///     L_c = mean over i,j,y,x of (M[i,j,y,x] - M'[i,j,y,w-1-x])^2
///
/// Source: "Learn from All: Erasing Attention Consistency for Noisy Label Facial Expression Recognition", ECCV 2022.
///
/// @param maps      M: [N, L, h, w], any range
/// @param mirrored  M': [N, L, h, w], maps of the same faces flipped left-right, as computed
/// @return scalar >= 0
torch::Tensor flipConsistencyLoss(const torch::Tensor &maps, const torch::Tensor &mirrored);

struct EacLoss
{
    torch::Tensor classification; ///< Cross entropy of the unflipped view.
    torch::Tensor consistency;    ///< L_c.
    torch::Tensor total;          ///< classification + lambda * consistency.
};

/// The whole training loss. The maps are taken with `weight` detached: the consistency trains only the trunk.
/// @param features, mirroredFeatures  [N, C, h, w] of both views
/// @param logits                      [N, L] of the unflipped view
/// @param weight                      W of the classifier, [L, C]
/// @param labels                      I64 [N]
EacLoss eacLoss(const torch::Tensor &features, const torch::Tensor &mirroredFeatures, const torch::Tensor &logits,
                const torch::Tensor &weight, const torch::Tensor &labels, double lambda = 5);

/// The loss taken apart by sample and label (`models.md` 2.7), for one draw.
struct EacScores
{
    torch::Tensor squaredDistance; ///< d: [N, L]; its mean is L_c.
    torch::Tensor inconsistency;   ///< r = d / energy: [N, L] in [0, 4]; 0 exactly mirrored, 2 unrelated.
    torch::Tensor trust;           ///< t = mean probability of both views * (1 - r/4): [N, L].
};

/// @param maps, mirrored              [N, L, h, w] of the view and of its exact mirror image, as computed
/// @param logits, mirroredLogits      [N, L]
EacScores eacScores(const torch::Tensor &maps, const torch::Tensor &mirrored, const torch::Tensor &logits,
                    const torch::Tensor &mirroredLogits);

/// 1 - trust at the given label: [N], 0 clean … 1 suspicious. `trust` is the mean over draws.
torch::Tensor eacNoise(const torch::Tensor &trust, const torch::Tensor &labels);

/// The most trusted class, lowest index on ties: I64 [N].
torch::Tensor eacSuggestion(const torch::Tensor &trust);

} // namespace mien
