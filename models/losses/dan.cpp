#include "models/losses/dan.h"

#include "models/losses/eac.h"
#include "models/networks/network.h"

namespace mien {

torch::Tensor affinityLoss(const torch::Tensor &features, const torch::Tensor &labels, const torch::Tensor &centres)
{
    TORCH_CHECK(centres.size(0) >= 2, "one centre has no variance");
    const torch::Tensor distance = features.square().sum(1, true) + centres.square().sum(1).unsqueeze(0) -
                                   2 * torch::matmul(features, centres.t()); // [N, L], squared
    const torch::Tensor own = labels.unsqueeze(1) == torch::arange(centres.size(0), labels.options()).unsqueeze(0);
    const torch::Tensor spread = centres.var(0, /*unbiased=*/true).sum();
    return (distance * own / spread).clamp(1e-12, 1e12).sum() / double(features.size(0));
}

torch::Tensor partitionLoss(const torch::Tensor &heads)
{
    constexpr double eps = 2.220446049250313e-16;
    const auto count = heads.size(1);
    if (count < 2)
        return torch::zeros({}, heads.options());
    return (1 + double(count) / (heads.var(1, /*unbiased=*/true).mean() + eps)).log();
}

DanLoss danLoss(const DanLossInput &input, const DanWeights &weights, double labelSmoothing,
                const torch::Tensor &classWeights, WeightedMean weighting)
{
    DanLoss loss;
    const auto &targets = input.targets.defined() ? input.targets : input.labels;
    loss.classification = crossEntropy(input.logits, targets, classWeights, weighting, labelSmoothing);
    loss.total = loss.classification;
    const auto add = [&](torch::Tensor &part, double weight, const auto &compute) {
        if (weight == 0)
            return;
        part = compute();
        loss.total = loss.total + weight * part;
    };
    add(loss.affinity, weights.affinity,
        [&] { return affinityLoss(input.features.mean({2, 3}), input.labels, input.centres); });
    add(loss.partition, weights.partition, [&] { return partitionLoss(input.heads); });
    if (input.secondViews.defined())
        add(loss.consistency, weights.consistency, [&] {
            const torch::Tensor fixed = input.weight.detach();
            return flipConsistencyLoss(classMaps(input.firstViews, fixed), classMaps(input.secondViews, fixed));
        });
    return loss;
}

} // namespace mien
