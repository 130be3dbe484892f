#include "models/train/training_step.h"

#include "models/losses/cross_entropy.h"
#include "models/losses/eac.h"
#include "models/train/sharpness_aware.h"

#include <cmath>

namespace mien {

torch::Tensor batchLoss(Network &network, const torch::Tensor &inputs, const torch::Tensor &labels,
                        const StepSettings &settings, const ComputeMode &mode)
{
    NetworkViews views;
    {
        const AutocastScope lowPrecision(mode);
        views = network.forwardAll(inputs);
    }
    const auto size = labels.size(0);
    const bool paired = inputs.size(0) > size;
    const bool both = paired && settings.classifyBoth;
    const auto logits = (both ? views.logits : views.logits.narrow(0, 0, size)).to(torch::kFloat32);
    auto loss = crossEntropy(logits, both ? labels.repeat({2}) : labels, {}, WeightedMean::BySumOfWeights,
                             settings.labelSmoothing);
    if (paired && settings.lambda > 0) {
        const auto weight = network.classifierWeight().detach(); // the consistency trains only the trunk
        const auto maps = classMaps(views.features.to(torch::kFloat32), weight);
        loss = loss + settings.lambda * flipConsistencyLoss(maps.narrow(0, 0, size), maps.narrow(0, size, size));
    }
    return loss;
}

double trainStep(Network &network, Optimiser &optimiser, const torch::Tensor &inputs, const torch::Tensor &labels,
                 const StepSettings &settings, const ComputeMode &mode)
{
    optimiser.zeroGradients();
    const auto loss = batchLoss(network, inputs, labels, settings, mode);
    const double value = loss.item<double>();
    if (!std::isfinite(value))
        return value;
    loss.backward();
    if (settings.sam > 0) {
        SharpnessAware sharpness(network.parameters(), settings.sam);
        sharpness.perturb();
        optimiser.zeroGradients();
        batchLoss(network, inputs, labels, settings, mode).backward();
        sharpness.restore();
    }
    optimiser.step(settings.rate);
    return value;
}

} // namespace mien
