#pragma once

#include <torch/torch.h>

#include <vector>

namespace mien {

struct ReliabilityOptions
{
    int classes = 7;                 ///< L >= 2.
    int anchors = 10;                ///< K per class; 8 to 10 were best in the source's study.
    int width = 128;                 ///< D of the embedding.
    std::vector<int> hidden{64, 64}; ///< Widths of the primary classifier (D12).
    int heads = 0;                   ///< 0: the largest divisor of L*K not above 8 (D13).
    double delta = 1;                ///< Temperature of the anchor similarities.
    double temperature = 1;          ///< tau of the primary distribution.
    double dropout = 0.5;
};

enum class AttentionScope {
    Sample, ///< Each row alone: scores do not depend on the batch. The default (D16).
    Batch   ///< Rows of a batch attend to each other, as the public code does; for parity and training only.
};

/// Everything reliability balancing computes for a batch; distributions [N, L], confidences [N, 1].
struct ReliabilityViews
{
    torch::Tensor logits, primary, primaryConfidence;       ///< l and C(l).
    torch::Tensor distances, similarities;                  ///< d and s: [N, L, K].
    torch::Tensor anchorCorrection, anchorConfidence;       ///< t_g and c_g.
    torch::Tensor attentionProjection;                      ///< u: [N, L*K].
    torch::Tensor attentiveCorrection, attentiveConfidence; ///< t_a and c_a.
    torch::Tensor correction;                               ///< t, eq. 18.

    /// L_final of eq. 19: what scoring uses.
    torch::Tensor final() const;
    /// The same with the anchor correction alone (c_a = 0): for models trained in batch scope.
    torch::Tensor finalFromAnchors() const;
};

/// Reliability balancing of ARBEx (`models.md` 4.3, 4.4): corrects a primary distribution with learnable anchors and
/// self-attention, weighting each by how certain it is. Names: `anchors.anchors`, `self_attn.*`, `classifier.net.*`.
class ReliabilityBalancing : public torch::nn::Module
{
public:
    explicit ReliabilityBalancing(const ReliabilityOptions &options);

    /// @param embedding  e: [N, D]
    ReliabilityViews forward(const torch::Tensor &embedding, AttentionScope scope = AttentionScope::Sample);

    torch::Tensor anchors() const { return m_anchors; } ///< [L, K, D].
    const ReliabilityOptions &options() const { return m_options; }

    /// Places each class's anchors at K random embeddings of that class plus N(0, 0.01^2) (D21); a class without
    /// samples keeps its random start. `seed` decides the draw.
    void startAnchors(const torch::Tensor &embeddings, const torch::Tensor &labels, std::uint64_t seed);

    /// After every optimiser step: brings anchors with a norm above sqrt(D) back to it (D18).
    void projectAnchors();

private:
    torch::Tensor attention(const torch::Tensor &embedding, AttentionScope scope);

    ReliabilityOptions m_options;
    torch::Tensor m_anchors;
    torch::nn::Linear m_query{nullptr}, m_key{nullptr}, m_value{nullptr};
    torch::nn::MultiheadAttention m_attention{nullptr};
    torch::nn::Sequential m_classifier;
};

} // namespace mien
