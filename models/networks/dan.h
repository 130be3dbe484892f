#pragma once

#include "models/backbones/packable_convolution.h"
#include "models/networks/network_plan.h"

#include <memory>
#include <vector>

namespace mien {

struct CrossAttentionSizes
{
    int channels = 512; ///< C, of the feature map and of the result.
    int inner = 256;    ///< Of the spatial attention.
    int squeezed = 32;  ///< Of the channel attention.

    /// The proportions of the published head.
    static CrossAttentionSizes of(int channels) { return {channels, channels / 2, channels / 16}; }
};

/// What one head makes of a feature map.
struct CrossAttentionViews
{
    torch::Tensor spatialMap; ///< a: [N, 1, h, w].
    torch::Tensor attended;   ///< S = X * a: [N, C, h, w].
    torch::Tensor vector;     ///< v: [N, C].
};

/// One head of DAN (`models.md` 3.2): spatial attention `sa`, then channel attention `ca`. Convolutions start Kaiming
/// normal (fan-out), linear layers with a deviation of 0.001, biases at 0.
class CrossAttentionHead : public torch::nn::Module
{
public:
    explicit CrossAttentionHead(const CrossAttentionSizes &sizes);

    CrossAttentionViews forward(const torch::Tensor &map);

    /// For evaluation only: without a ReLU between them, the three branches become one convolution of 3x3.
    void foldNormalisation();

private:
    std::shared_ptr<torch::nn::Module> m_spatial;
    torch::nn::Sequential m_reduce, m_square, m_row, m_column, m_channel;
    PackableConv2d m_branches{nullptr}; ///< All three, once they are folded.
};

/// The heads' vectors, brought together (AFN).
struct FusedHeads
{
    torch::Tensor heads;  ///< V': log softmax over the heads, [N, h, C]; of a single head its vector.
    torch::Tensor pooled; ///< Their sum, [N, C].
    torch::Tensor logits; ///< [N, L]
};

/// @param vectors        V: [N, h, C]
/// @param normalisation  after the linear layer; empty once it is folded into it
FusedHeads fuseHeads(const torch::Tensor &vectors, torch::nn::Linear &classifier,
                     torch::nn::BatchNorm1d &normalisation);

struct DanLayout
{
    CrossAttentionSizes head;
    int heads = 4;
    int trunkChannels =
        512; ///< Of the trunk's map; where it differs, `reduce` (1x1, norm) brings it to the heads' (D7).
    double affinity = 1, partition = 1; ///< Weights of the losses.
    bool classMaps = false;             ///< Trained for consistent class maps (the thesis model), which then exist.
};

/// DAN, and with lambda > 0 the thesis model (`models.md` 3): names `features.*` (ResNets by position in the sequence),
/// `reduce.*`, `cat_head0.*` …, `fc`, `bn`. Features are the map that the heads see, pooled is the sum of the V'.
/// Parts: heads [N, h, C], spatial_maps [N, h, height, width], attended0 … S of each head.
class Dan : public Network
{
public:
    /// @param trunk  gives the feature map; null: attend() alone, for maps from elsewhere
    Dan(NetworkConfig config, const DanLayout &layout, std::shared_ptr<Network> trunk);

    NetworkViews forwardAll(NetworkInput faces) override;
    NetworkViews attend(const torch::Tensor &map); ///< From the feature map on.

    /// Second views go through the trunk alone, unless they are classified, too.
    NetworkViews forwardTraining(NetworkInput faces, std::int64_t samples, const LossSettings &settings) override;
    torch::Tensor loss(const NetworkViews &views, const torch::Tensor &labels, const LossSettings &settings) override;

    /// The W whose maps the consistency compares (3.3). The logits are not linear in the mean of F: they come through
    /// the heads. Undefined for plain DAN.
    torch::Tensor classifierWeight() const override { return m_mapWeight; }
    void foldNormalisation() override;
    int layerOf(const std::string &parameter) const override { return parameter.starts_with("features.") ? 0 : 1; }

    std::vector<PartMaps> partMaps() const override; ///< heads: the spatial map of each (8.4).
    PartViews partViews(NetworkInput faces, const std::string &kind) override;
    /// What each head's spatial attention lets through, S (8.2).
    std::vector<torch::Tensor> explainedLayers(const NetworkViews &views) const override;

    torch::Tensor centres() const { return m_centres; } ///< Of the affinity loss, [L, C]; part of lossState().

private:
    torch::Tensor map(NetworkInput faces);

    DanLayout m_layout;
    bool m_folded = false;
    std::shared_ptr<Network> m_trunk;
    torch::nn::Sequential m_reduce{nullptr};
    std::vector<std::shared_ptr<CrossAttentionHead>> m_heads;
    torch::nn::Linear m_fc;
    torch::nn::BatchNorm1d m_bn;
    torch::Tensor m_centres, m_mapWeight;
};

/// dan and thesis.
std::vector<NetworkPlan> danPlans();

} // namespace mien
