#pragma once

#include "models/losses/arbex.h"
#include "models/networks/poster.h"
#include "models/networks/reliability_balancing.h"

#include <memory>
#include <vector>

namespace mien {

struct ArbexLayout
{
    PosterLayout poster;
    ReliabilityOptions balancing; ///< Its width is D: smaller than the fused width, `reduce` comes between (D11).
    AttentionScope scope = AttentionScope::Sample; ///< In training (D16).
    bool automaticWeights = true;                  ///< Of anchor and center loss, after 50 steps (D20).
    double anchorWeight = 1, centerWeight = 1;     ///< Where they are not automatic.
};

/// ARBEx (`models.md` 4): POSTER++'s trunk, then a primary distribution that anchors and attention correct. Names
/// besides the trunk's: `reduce`, `classifier.net`, `anchors`, `self_attn`.
///
/// Evaluation: logits are ln L_final (eq. 18 and 19), pooled is e. Parts: primary, anchor_correction (t_g),
/// attentive_correction (t_a), correction (t), final, each [N, L]; primary_confidence, anchor_confidence,
/// attentive_confidence [N, 1]; distances, similarities [N, L, K]. A network that was trained in batch scope is judged
/// with the anchor correction alone. Training: the public code's fusion with a trust that rises with the progress
/// (D15).
class Arbex : public Poster
{
public:
    Arbex(NetworkConfig config, const ArbexLayout &layout);

    NetworkViews forwardTraining(NetworkInput faces, std::int64_t samples, const LossSettings &settings) override;
    torch::Tensor loss(const NetworkViews &views, const torch::Tensor &labels, const LossSettings &settings) override;
    void afterStep() override;

    int startSamples() const override { return m_layout.balancing.anchors; }
    void startFrom(NetworkInput faces, const torch::Tensor &labels, std::uint64_t seed) override;

    torch::Tensor anchors() const { return m_balancing->anchors(); } ///< [L, K, D]
    ArbexLossScale lossScale() const;                                ///< As it stands after the last step.

protected:
    NetworkViews viewsOf(const PosterViews &stages) override;

private:
    torch::Tensor reduced(const torch::Tensor &embedding);

    ArbexLayout m_layout;
    torch::nn::Linear m_reduce{nullptr};
    std::shared_ptr<ReliabilityBalancing> m_balancing;
    torch::Tensor m_scaleNumbers;                       ///< Of the loss scale; part of lossState().
    torch::Tensor m_classification, m_anchor, m_center; ///< Losses of the last batch, for the scale.
};

std::vector<NetworkPlan> arbexPlans(); ///< arbex.

} // namespace mien
