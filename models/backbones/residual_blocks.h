#pragma once

#include "models/backbones/normalised_convolution.h"

#include <torch/torch.h>

#include <memory>
#include <vector>

namespace mien {

struct ResidualBlockOptions
{
    int in = 64;
    int width = 64; ///< Channels of the 3x3 convolutions.
    int stride = 1;
    double eps = 1e-5; ///< Of every batch normalisation.
    double momentum = 0.1;
    bool strideOnFirst = false; ///< Bottleneck only: stride on the first 1x1 (the `vggface2` layout, D1), not the 3x3.
};

/// A residual block of `models.md` 1.1 under torchvision's names.
class ResidualBlock : public torch::nn::Module
{
public:
    virtual torch::Tensor forward(torch::Tensor x) = 0;
    virtual int outChannels() const = 0;

    /// Puts every normalisation into the convolution before it. From then on the block can only be evaluated.
    virtual void foldNormalisation() = 0;

protected:
    /// What the normalisation makes of the map; the map itself once it is folded.
    torch::Tensor normalised(torch::nn::BatchNorm2d &normalisation, const torch::Tensor &map) const;

    bool m_folded = false;
};

/// conv1 3x3 (stride), bn1, ReLU, conv2 3x3, bn2, add, ReLU. `downsample` exists where stride or width change.
class BasicBlock : public ResidualBlock
{
public:
    explicit BasicBlock(const ResidualBlockOptions &options);
    torch::Tensor forward(torch::Tensor x) override;
    int outChannels() const override { return m_out; }
    void foldNormalisation() override;

private:
    int m_out;
    PackableConv2d m_conv1, m_conv2;
    torch::nn::BatchNorm2d m_bn1, m_bn2;
    torch::nn::Sequential m_downsample{nullptr};
};

/// conv1 1x1, bn1, ReLU, conv2 3x3 (stride), bn2, ReLU, conv3 1x1 to four times the width, bn3, add, ReLU.
class Bottleneck : public ResidualBlock
{
public:
    static constexpr int expansion = 4;

    explicit Bottleneck(const ResidualBlockOptions &options);
    torch::Tensor forward(torch::Tensor x) override;
    int outChannels() const override { return m_out; }
    void foldNormalisation() override;

private:
    int m_out;
    PackableConv2d m_conv1, m_conv2, m_conv3;
    torch::nn::BatchNorm2d m_bn1, m_bn2, m_bn3;
    torch::nn::Sequential m_downsample{nullptr};
};

/// Blocks in a row, registered as `0`, `1`, …
class ResidualStage : public torch::nn::Module
{
public:
    void append(std::shared_ptr<ResidualBlock> block);
    torch::Tensor forward(torch::Tensor x);
    int outChannels() const { return m_blocks.back()->outChannels(); }
    void foldNormalisation();

private:
    std::vector<std::shared_ptr<ResidualBlock>> m_blocks;
};

} // namespace mien
