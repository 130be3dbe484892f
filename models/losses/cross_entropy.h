#pragma once

#include <torch/torch.h>

namespace mien {

/// How weighted per-sample losses become one number (`models.md` 0.6).
enum class WeightedMean {
    BySumOfWeights, ///< Divide by the sum of the weights of the batch's labels, as torch does.
    ByCount         ///< Divide by N, as Keras does.
};

/// Cross entropy of logits. With distributions t as targets a sample's loss is - sum over c of w_c t_c log p_c and its
/// weight sum over c of w_c t_c, so that a distribution that is sure of one class is as good as its label.
/// @param logits     [N, L]
/// @param targets    I64 [N], labels; or floating [N, L], distributions whose rows sum to 1
/// @param weights    [L], or undefined for equal weights
/// @param smoothing  epsilon in [0, 1): that share of the target is spread over all classes
torch::Tensor crossEntropy(const torch::Tensor &logits, const torch::Tensor &targets, const torch::Tensor &weights = {},
                           WeightedMean mean = WeightedMean::BySumOfWeights, double smoothing = 0);

/// The same for probabilities that are already normalised, e.g. a fused distribution (`models.md` 4.5, eq. 20).
/// They are clamped at 1e-12 inside the logarithm.
torch::Tensor distributionLoss(const torch::Tensor &probabilities, const torch::Tensor &targets,
                               const torch::Tensor &weights = {}, WeightedMean mean = WeightedMean::BySumOfWeights,
                               double smoothing = 0);

/// Inverse-frequency class weights w_c = (N/L)/n_c (`models.md` 4.5); a class without samples gets 0.
/// @param labels  I64 [N]
torch::Tensor inverseFrequencyWeights(const torch::Tensor &labels, int classes);

} // namespace mien
