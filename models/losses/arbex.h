#pragma once

#include <torch/torch.h>

#include <array>

namespace mien {

/// Losses and fusions of ARBEx (`models.md` 4.4, 4.5). Distributions are [N, L], confidences [N, 1].
///
/// Source: "ARBEx: Attentive Feature Extraction with Reliability Balancing for Robust Facial Expression Learning".

/// H(p) = -sum p ln p / ln L, p clamped at 1e-12 inside the logarithm only: [N, 1]; uniform 1, one-hot 0. L >= 2.
torch::Tensor normalisedEntropy(const torch::Tensor &p);

/// C(p) = 1 - H(p): [N, 1].
torch::Tensor confidence(const torch::Tensor &p);

/// (ca*a + cb*b) / (ca + cb), the confidence-weighted mean of two distributions (eq. 18 and 19); `a` where both
/// confidences vanish, i.e. both are uniform.
torch::Tensor weightedByConfidence(const torch::Tensor &a, const torch::Tensor &ca, const torch::Tensor &b,
                                   const torch::Tensor &cb);

/// What the public training loop uses: (1 - trust)*l + trust*(c_l*l + (1 - c_l)*t). `trust` rises from 0 to 1 (D15).
torch::Tensor trainingFusion(const torch::Tensor &l, const torch::Tensor &confidenceOfL, const torch::Tensor &t,
                             double trust);

/// Pushes anchors of equal index and different class apart (D17); <= 0, unbounded below (see projectAnchors).
/// @param anchors  [L, K, D]
torch::Tensor anchorLoss(const torch::Tensor &anchors);

/// The paper's sum over all ordered pairs of anchors of their squared distance, without sign and scale.
torch::Tensor anchorPairSum(const torch::Tensor &anchors);

/// Mean over the batch of C(l_i) * distance to the nearest anchor of the given class / sqrt(D).
/// @param distances   [N, L, K]
/// @param confidence  [N, 1]; carries gradient
/// @param labels      I64 [N]
/// @param width       D
torch::Tensor centerLoss(const torch::Tensor &distances, const torch::Tensor &confidence, const torch::Tensor &labels,
                         std::int64_t width);

/// Keeps the three losses of the total in the same scale (D20): lambda_cls = 1; the others are 0 while the first
/// `steps` steps are measured, then 0.1 * mean L_cls / |mean L|, and stay. From random weights the first anchors lie so
/// close together that the anchor loss grows a thousandfold afterwards: a step counts it, and the center loss, for at
/// most a tenth of its classification loss.
class ArbexLossScale
{
public:
    explicit ArbexLossScale(int steps = 50)
        : m_steps(steps)
    {
    }

    static constexpr int count = 6; ///< Of the numbers that are its state.
    std::array<double, count> numbers() const;
    void setNumbers(const std::array<double, count> &numbers);

    bool isSettled() const { return m_seen >= m_steps; } ///< The weights stay from now on.
    void observe(double classification, double anchor, double center);
    double anchor() const { return m_anchor; }
    double center() const { return m_center; }

    /// lambda_a * L_a + lambda_c * L_c of a step, each within a tenth of its L_cls. Scalars; the weights have no
    /// gradient.
    torch::Tensor weighted(const torch::Tensor &classification, const torch::Tensor &anchor,
                           const torch::Tensor &center) const;

private:
    int m_steps;
    int m_seen = 0;
    double m_classificationSum = 0, m_anchorSum = 0, m_centerSum = 0;
    double m_anchor = 0, m_center = 0;
};

} // namespace mien
