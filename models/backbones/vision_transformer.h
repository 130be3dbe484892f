#pragma once

#include "models/backbones/transformer_block.h"
#include "models/networks/network_plan.h"

#include <memory>
#include <vector>

namespace mien {

struct VisionTransformerLayout
{
    int patch = 16; ///< P: the side is a multiple of it.
    int width = 192;
    int heads = 3;
    int blocks = 12;
    double mlpRatio = 4;
    bool meanOfPatches = false; ///< `gap`: mean of the patch tokens, then `fc_norm`; else `norm`, then the class token.
    double dropPath = 0;
};

/// Plain ViT (`models.md` 1.3) under timm's names: `cls_token pos_embed patch_embed.proj blocks.i norm|fc_norm head`.
class VisionTransformer : public Network
{
public:
    VisionTransformer(NetworkConfig config, const VisionTransformerLayout &layout);

    NetworkViews forwardAll(NetworkInput faces) override;
    NetworkViews forwardPooled(NetworkInput faces) override;
    int layers() const override { return m_depth + 2; }
    int layerOf(const std::string &parameter) const override { return transformerLayer(parameter, m_depth); }
    std::vector<torch::Tensor> attentions(NetworkInput faces) override;
    bool hasAttention() const override { return true; }
    bool classifiesFeatures() const override { return m_meanOfPatches; }

    /// What comes out of every block, [N, T + 1, D].
    std::vector<torch::Tensor> states(const torch::Tensor &images) { return m_blocks->states(tokens(images)); }

private:
    torch::Tensor tokens(const torch::Tensor &images);

    bool m_meanOfPatches;
    int m_depth;
    torch::Tensor m_classToken, m_positions;
    std::shared_ptr<PatchEmbedding> m_patches;
    std::shared_ptr<TransformerBlocks> m_blocks;
    torch::nn::LayerNorm m_norm{nullptr};
    torch::nn::Linear m_head{nullptr};
};

/// vit-tiny, vit-small, vit-base, vit-base32 by themselves.
std::vector<NetworkPlan> visionTransformerPlans();

} // namespace mien
