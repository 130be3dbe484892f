#include "models/losses/eac.h"

#include "models/losses/cross_entropy.h"
#include "models/networks/network.h"

namespace mien {

torch::Tensor flipConsistencyLoss(const torch::Tensor &maps, const torch::Tensor &mirrored)
{
    TORCH_CHECK(maps.sizes() == mirrored.sizes(), "maps ", maps.sizes(), " and mirrored maps ", mirrored.sizes());
    return torch::mse_loss(maps, mirrored.flip(-1));
}

EacLoss eacLoss(const torch::Tensor &features, const torch::Tensor &mirroredFeatures, const torch::Tensor &logits,
                const torch::Tensor &weight, const torch::Tensor &labels, double lambda)
{
    const torch::Tensor fixedWeight = weight.detach();
    EacLoss loss;
    loss.classification = crossEntropy(logits, labels);
    loss.consistency = flipConsistencyLoss(classMaps(features, fixedWeight), classMaps(mirroredFeatures, fixedWeight));
    loss.total = loss.classification + lambda * loss.consistency;
    return loss;
}

EacScores eacScores(const torch::Tensor &maps, const torch::Tensor &mirrored, const torch::Tensor &logits,
                    const torch::Tensor &mirroredLogits)
{
    EacScores scores;
    scores.squaredDistance = (maps - mirrored.flip(-1)).square().mean({2, 3});
    const torch::Tensor energy = (maps.square() + mirrored.square()).mean({2, 3}) / 2;
    scores.inconsistency = scores.squaredDistance / (energy + 1e-12);
    const torch::Tensor probability = (torch::softmax(logits, 1) + torch::softmax(mirroredLogits, 1)) / 2;
    scores.trust = probability * (1 - scores.inconsistency / 4);
    return scores;
}

torch::Tensor eacNoise(const torch::Tensor &trust, const torch::Tensor &labels)
{
    return 1 - trust.gather(1, labels.unsqueeze(1)).squeeze(1);
}

torch::Tensor eacSuggestion(const torch::Tensor &trust)
{
    return trust.argmax(1);
}

} // namespace mien
