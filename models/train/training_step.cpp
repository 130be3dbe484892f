#include "models/train/training_step.h"

#include "models/train/sharpness_aware.h"

#include <cmath>

namespace mien {

torch::Tensor batchLoss(Network &network, const NetworkInput &inputs, const torch::Tensor &labels,
                        const LossSettings &settings, const ComputeMode &mode)
{
    NetworkViews views;
    {
        const AutocastScope lowPrecision(mode);
        views = network.forwardTraining(inputs, labels.size(0), settings);
    }
    return network.loss(views, labels, settings);
}

double trainStep(Network &network, Optimiser &optimiser, const NetworkInput &inputs, const torch::Tensor &labels,
                 const StepSettings &settings, const ComputeMode &mode)
{
    const auto loss = batchLoss(network, inputs, labels, settings.loss, mode);
    const double value = loss.item<double>();
    if (!std::isfinite(value))
        return value;
    (settings.share < 1 ? loss * settings.share : loss).backward();
    if (!settings.updates)
        return value;
    if (settings.sam > 0) {
        SharpnessAware sharpness(network.trainedParameters(), settings.sam);
        sharpness.perturb();
        optimiser.zeroGradients();
        batchLoss(network, inputs, labels, settings.loss, mode).backward();
        sharpness.restore();
    }
    optimiser.step(settings.rate);
    optimiser.zeroGradients();
    network.afterStep();
    return value;
}

} // namespace mien
