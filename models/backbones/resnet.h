#pragma once

#include "models/backbones/residual_blocks.h"
#include "models/networks/network.h"

#include <vector>

namespace mien {

/// What tells one residual network from another.
struct ResNetLayout
{
    enum class Stem {
        ImageNet,   ///< 7x7 stride 2, then max pool 3x3 stride 2 pad 1.
        VggFace2,   ///< The same, max pool without padding and with ceil mode (D1).
        Compact,    ///< 3x3 stride 2: small faces keep class maps of side/8.
        CompactPool ///< 3x3 at full resolution, then max pool 3x3 stride 2: the same maps, finer first edges.
    };
    Stem stem = Stem::ImageNet;
    bool bottleneck = false;
    bool strideOnFirst = false; ///< `vggface2` bottlenecks.
    bool numbered = false; ///< Names by position in a sequence without pooling: 0 conv1, 1 bn1, 4 … layer1 … (DAN).
    int stemWidth = 64;
    std::vector<int> widths{64, 128, 256, 512}; ///< One per stage; every stage but the first halves the map.
    std::vector<int> blocks{2, 2, 2, 2};
};

/// ResNet (`models.md` 1.1): names `conv1 bn1 layer1…layerS fc`, as torchvision and timm write them.
/// Initialised as 0.5 says: convolutions Kaiming normal (fan-out, ReLU), batch normalisation 1 and 0.
class ResNet : public Network
{
public:
    ResNet(NetworkConfig config, const ResNetLayout &layout);

    NetworkViews forwardAll(NetworkInput faces) override;
    torch::Tensor classifierWeight() const override;
    void foldNormalisation() override;

    /// Output of every stage, last one = features.
    std::vector<torch::Tensor> stages(torch::Tensor x);

private:
    ResNetLayout::Stem m_stem;
    bool m_numbered;
    bool m_folded = false;
    PackableConv2d m_conv1{nullptr};
    torch::nn::BatchNorm2d m_bn1{nullptr};
    std::vector<std::shared_ptr<ResidualStage>> m_stages;
    torch::nn::Linear m_fc{nullptr};
};

} // namespace mien
