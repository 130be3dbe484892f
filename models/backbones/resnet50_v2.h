#pragma once

#include "models/backbones/normalised_convolution.h"
#include "models/backbones/trunk_network.h"

#include <string>
#include <vector>

namespace mien {

struct ResNet50V2Layout
{
    int stemWidth = 64;
    std::vector<int> widths{64, 128, 256,
                            512};        ///< Of the stacks' 3x3 convolutions; their maps have four times as many.
    std::vector<int> blocks{3, 4, 6, 3}; ///< The last one of every stack but the last halves the map.
};

/// ResNet50V2 as Keras builds it (`models.md` 1.5): normalisation and ReLU before the convolutions, eps 1.001e-5, zeros
/// around the max pool. Names are Keras' layers: `conv1_conv`, `conv2_block1_preact_bn`, …, `post_bn`. 23,519,360
/// parameters. The last map, [N, 2048, H/32, W/32], is the one after `post_bn` and ReLU.
/// Initialised as 0.5 says for convolutions.
class ResNet50V2 : public TrunkNetwork
{
public:
    ResNet50V2(NetworkConfig config, std::string normalisation, const ResNet50V2Layout &layout);

    /// Output of every block, by its name (`conv2_block1`, …) in their order.
    struct BlockMap
    {
        std::string name;
        torch::Tensor map;
    };
    std::vector<BlockMap> blockMaps(const torch::Tensor &images);

    /// The last map, of the last block's.
    torch::Tensor finished(const torch::Tensor &map);

    int lastWidth() const; ///< Channels of the last map.

    void foldNormalisation() override;

protected:
    torch::Tensor lastMap(torch::Tensor images) override;

private:
    struct Block
    {
        std::string name;
        int stride = 1;
        torch::nn::BatchNorm2d before{nullptr}; ///< `preact_bn`
        torch::nn::Conv2d shortcut{nullptr};    ///< `0_conv`, in the first block of a stack.
        NormalisedConvolution first, second;    ///< `1_conv`, `2_conv`
        torch::nn::Conv2d last{nullptr};        ///< `3_conv`
    };

    Block makeBlock(const std::string &name, int in, int width, int stride, bool first);
    torch::Tensor blockMap(Block &block, const torch::Tensor &x);

    torch::nn::Conv2d m_stem{nullptr};
    std::vector<Block> m_blocks;
    torch::nn::BatchNorm2d m_after{nullptr};
};

} // namespace mien
