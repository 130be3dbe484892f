#pragma once

#include "models/backbones/transformer_block.h"
#include "models/networks/network_plan.h"

#include <array>
#include <memory>
#include <vector>

namespace mien {

/// One of the two branches of CrossViT.
struct CrossVitBranch
{
    int side = 240; ///< Pictures of another side are resized to it, bicubic.
    int patch = 12;
    int width = 192;
    int heads = 6;
    int depth = 1; ///< Standard blocks of each multi-scale block.
    double mlpRatio = 4;
};

struct CrossVitLayout
{
    std::array<CrossVitBranch, 2> branches{CrossVitBranch{}, CrossVitBranch{224, 16, 384, 6, 4, 4}};
    int scales = 3;      ///< K multi-scale blocks.
    int fusionDepth = 0; ///< Cross-attention blocks a fusion; 0: one, registered without a number.
    double dropPath = 0;
};

/// Cross-attention of one query token: y = x_0 + attn(norm1(x)), keys and values of all tokens, token 0 among them
/// (`models.md` 5.4.3). With `mlpRatio` above 0 also y += mlp(norm2(y)), which CrossViT never has.
class CrossAttentionBlock : public torch::nn::Module
{
public:
    CrossAttentionBlock(int width, int heads, double mlpRatio = 0, double dropPath = 0);

    /// @param x        [N, T, D]
    /// @param weights  where the attention [N, heads, 1, T] goes; none: it is not kept
    /// @return [N, 1, D]
    torch::Tensor forward(const torch::Tensor &x, torch::Tensor *weights = nullptr);

private:
    double m_dropPath;
    torch::nn::LayerNorm m_norm1, m_norm2{nullptr};
    std::shared_ptr<torch::nn::Module> m_attention; ///< `attn`: holds the four layers below under their names.
    PackableLinear m_query, m_key, m_value, m_proj;
    int m_heads;
    std::shared_ptr<TransformerMlp> m_mlp;
};

/// Class tokens of both branches through one exchange.
class MultiScaleBlock;

/// CrossViT (`models.md` 5.4): two branches, small and large patches, exchange class tokens; logits are the mean of
/// both heads'. Names `patch_embed.b.proj cls_token.b pos_embed.b blocks.k.… norm.b head.b`.
class CrossVit : public Network
{
public:
    CrossVit(NetworkConfig config, const CrossVitLayout &layout);
    ~CrossVit() override;

    NetworkViews forwardAll(NetworkInput faces) override { return viewsOf(faces.images); }
    int layers() const override { return m_layout.scales + 2; }
    int layerOf(const std::string &parameter) const override { return transformerLayer(parameter, m_layout.scales); }

    /// Attention of the blocks of the branch of small patches.
    std::vector<torch::Tensor> attentions(NetworkInput faces) override;
    bool hasAttention() const override { return true; }
    NetworkViews forwardAttentive(NetworkInput faces, std::vector<torch::Tensor> &weights) override
    {
        return viewsOf(faces.images, &weights);
    }
    bool classifiesFeatures() const override { return false; }

    torch::Tensor branchInput(const torch::Tensor &images, std::size_t branch) const; ///< Resized where it must be.

private:
    std::array<torch::Tensor, 2> tokens(const torch::Tensor &images);
    /// @param weights  where attentions() go; none: they are not kept, which is quicker
    NetworkViews viewsOf(const torch::Tensor &images, std::vector<torch::Tensor> *weights = nullptr);

    CrossVitLayout m_layout;
    std::array<torch::Tensor, 2> m_classTokens, m_positions;
    std::array<std::shared_ptr<PatchEmbedding>, 2> m_patches;
    std::vector<std::shared_ptr<MultiScaleBlock>> m_blocks;
    std::array<torch::nn::LayerNorm, 2> m_norms{nullptr, nullptr};
    std::array<torch::nn::Linear, 2> m_heads{nullptr, nullptr};
};

/// crossvit-tiny, -9, -small, -15, -18.
std::vector<NetworkPlan> crossVitPlans();

} // namespace mien
