#pragma once

#include "models/backbones/normalised_convolution.h"
#include "models/backbones/trunk_network.h"

#include <memory>
#include <string>
#include <vector>

namespace mien {

struct EfficientNetV2Layout
{
    enum class Block {
        Plain,   ///< 3x3.
        Fused,   ///< 3x3 that widens, 1x1 back.
        Inverted ///< 1x1 that widens, 3x3 depthwise, squeeze and excitation, 1x1 back.
    };
    struct Stage
    {
        Block block;
        int repeats;
        int stride; ///< Of the first repeat.
        int expansion;
        int width;
    };
    int stemWidth = 40;
    std::vector<Stage> stages{{Block::Plain, 2, 1, 1, 16},     {Block::Fused, 3, 2, 4, 40},
                              {Block::Fused, 3, 2, 4, 56},     {Block::Inverted, 5, 2, 4, 112},
                              {Block::Inverted, 7, 1, 6, 136}, {Block::Inverted, 12, 2, 6, 232}};
    int headWidth = 1536;
    double dropPath = 0.2; ///< Of the last block if it were one more; falls evenly to 0 at the first.
};

/// One block of a stage (`models.md` 1.4) under timm's names. A residual block adds its input, without activation
/// after.
class EfficientBlock : public torch::nn::Module
{
public:
    EfficientBlock(const EfficientNetV2Layout::Stage &stage, int in, int stride, double dropPath);
    torch::Tensor forward(const torch::Tensor &x);
    void foldNormalisation();

private:
    torch::Tensor excited(const torch::Tensor &map);

    EfficientNetV2Layout::Block m_kind;
    int m_stride;
    bool m_residual;
    double m_dropPath;
    NormalisedConvolution m_first, m_depthwise, m_last; ///< Only those that the kind of block has.
    torch::nn::Conv2d m_reduce{nullptr}, m_expand{nullptr};
};

/// EfficientNetV2-B3 (`models.md` 1.4): TensorFlow's SAME padding, batch normalisation with eps 1e-3, SiLU. Names
/// `conv_stem bn1 blocks.S.B.* conv_head bn2 classifier`, as timm writes them. 12,821,406 parameters without
/// classifier. Takes [N, 3, H, W], already normalised; the last map is [N, 1536, H/32, W/32], rounded up. Initialised
/// as 0.5 says for convolutions.
class EfficientNetV2 : public TrunkNetwork
{
public:
    EfficientNetV2(NetworkConfig config, std::string normalisation, const EfficientNetV2Layout &layout,
                   bool withClassifier = true);

    /// Output of every stage, then the last map.
    std::vector<torch::Tensor> maps(const torch::Tensor &images);

    void foldNormalisation() override;

protected:
    torch::Tensor lastMap(torch::Tensor images) override { return maps(images).back(); }

private:
    NormalisedConvolution m_stem, m_head;
    std::vector<std::vector<std::shared_ptr<EfficientBlock>>> m_stages;
};

} // namespace mien
