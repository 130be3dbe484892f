#include "models/losses/arbex.h"

#include <cmath>

namespace mien {

namespace {

constexpr double kShare = 0.1; // of the classification loss, what each of the others counts

} // namespace

torch::Tensor normalisedEntropy(const torch::Tensor &p)
{
    TORCH_CHECK(p.dim() == 2 && p.size(1) >= 2, "a distribution of at least two classes is needed, not ", p.sizes());
    return -(p * p.clamp_min(1e-12).log()).sum(1, true) / std::log(double(p.size(1)));
}

torch::Tensor confidence(const torch::Tensor &p)
{
    return 1 - normalisedEntropy(p);
}

torch::Tensor weightedByConfidence(const torch::Tensor &a, const torch::Tensor &ca, const torch::Tensor &b,
                                   const torch::Tensor &cb)
{
    // The confidence of a uniform row is 0 up to rounding, on either side; below 0 it would turn the mean inside out.
    const torch::Tensor wa = ca.clamp_min(0), wb = cb.clamp_min(0);
    const torch::Tensor sum = wa + wb;
    return torch::where(sum < 1e-12, a, (wa * a + wb * b) / sum.clamp_min(1e-12));
}

torch::Tensor trainingFusion(const torch::Tensor &l, const torch::Tensor &confidenceOfL, const torch::Tensor &t,
                             double trust)
{
    return (1 - trust) * l + trust * (confidenceOfL * l + (1 - confidenceOfL) * t);
}

torch::Tensor anchorLoss(const torch::Tensor &anchors)
{
    const auto perClass = double(anchors.size(1)), width = double(anchors.size(2));
    return -(anchors.unsqueeze(0) - anchors.unsqueeze(1)).square().sum() / (std::sqrt(width) * perClass * perClass);
}

torch::Tensor anchorPairSum(const torch::Tensor &anchors)
{
    const torch::Tensor flat = anchors.flatten(0, 1);
    return (flat.unsqueeze(0) - flat.unsqueeze(1)).square().sum();
}

torch::Tensor centerLoss(const torch::Tensor &distances, const torch::Tensor &confidence, const torch::Tensor &labels,
                         std::int64_t width)
{
    const torch::Tensor index = labels.view({-1, 1, 1}).expand({-1, 1, distances.size(2)});
    const torch::Tensor own = distances.gather(1, index).squeeze(1); // [N, K]
    return (std::get<0>(own.min(1)) * confidence.flatten()).mean() / std::sqrt(double(width));
}

std::array<double, ArbexLossScale::count> ArbexLossScale::numbers() const
{
    return {double(m_seen), m_classificationSum, m_anchorSum, m_centerSum, m_anchor, m_center};
}

void ArbexLossScale::setNumbers(const std::array<double, count> &numbers)
{
    m_seen = int(numbers[0]);
    m_classificationSum = numbers[1];
    m_anchorSum = numbers[2];
    m_centerSum = numbers[3];
    m_anchor = numbers[4];
    m_center = numbers[5];
}

void ArbexLossScale::observe(double classification, double anchor, double center)
{
    if (m_seen >= m_steps)
        return;
    ++m_seen;
    m_classificationSum += classification;
    m_anchorSum += anchor;
    m_centerSum += center;
    if (m_seen == m_steps) {
        const auto scale = [&](double sum) { return sum == 0 ? 0.0 : kShare * m_classificationSum / std::abs(sum); };
        m_anchor = scale(m_anchorSum);
        m_center = scale(m_centerSum);
    }
}

torch::Tensor ArbexLossScale::weighted(const torch::Tensor &classification, const torch::Tensor &anchor,
                                       const torch::Tensor &center) const
{
    const auto inScale = [&](const torch::Tensor &loss, double weight) {
        const torch::Tensor most = kShare * classification.detach() / loss.detach().abs().clamp_min(1e-12);
        return most.clamp_max(weight) * loss;
    };
    return inScale(anchor, m_anchor) + inScale(center, m_center);
}

} // namespace mien
