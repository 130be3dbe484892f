#include "models/losses/cross_entropy.h"

namespace mien {
namespace {

torch::Tensor weightedNll(const torch::Tensor &logProbabilities, const torch::Tensor &targets,
                          const torch::Tensor &weights, WeightedMean mean, double smoothing)
{
    const torch::Tensor w = weights.defined() ? weights.to(logProbabilities.options())
                                              : torch::ones({logProbabilities.size(1)}, logProbabilities.options());
    torch::Tensor loss, sampleWeights;
    if (targets.dim() == 2) {
        const torch::Tensor weighted = targets.to(logProbabilities.options()) * w;
        sampleWeights = weighted.sum(1);
        loss = -(logProbabilities * weighted).sum(1);
    } else {
        sampleWeights = w.index_select(0, targets);
        loss = -(logProbabilities.gather(1, targets.unsqueeze(1)).squeeze(1) * sampleWeights);
    }
    if (smoothing > 0)
        loss = (1 - smoothing) * loss - smoothing * (logProbabilities * w).mean(1);
    return mean == WeightedMean::ByCount ? loss.mean() : loss.sum() / sampleWeights.sum();
}

} // namespace

torch::Tensor crossEntropy(const torch::Tensor &logits, const torch::Tensor &targets, const torch::Tensor &weights,
                           WeightedMean mean, double smoothing)
{
    return weightedNll(torch::log_softmax(logits, 1), targets, weights, mean, smoothing);
}

torch::Tensor distributionLoss(const torch::Tensor &probabilities, const torch::Tensor &targets,
                               const torch::Tensor &weights, WeightedMean mean, double smoothing)
{
    return weightedNll(probabilities.clamp_min(1e-12).log(), targets, weights, mean, smoothing);
}

torch::Tensor inverseFrequencyWeights(const torch::Tensor &labels, int classes)
{
    const torch::Tensor counts = torch::bincount(labels, {}, classes).to(torch::kFloat64);
    const torch::Tensor weights = (double(labels.numel()) / classes) / counts;
    return torch::where(counts > 0, weights, torch::zeros_like(weights)).to(torch::kFloat32);
}

} // namespace mien
