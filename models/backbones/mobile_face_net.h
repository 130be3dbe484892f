#pragma once

#include "models/backbones/normalised_convolution.h"
#include "models/backbones/trunk_network.h"

#include <array>
#include <memory>
#include <vector>

namespace mien {

struct MobileFaceNetLayout
{
    /// A block that halves the map, then residual blocks on it.
    struct Stage
    {
        int width;         ///< Channels of the stage's map.
        int halvingGroups; ///< Channels of the depthwise convolution of the first block.
        int blocks;        ///< Residual ones.
        int groups;        ///< Channels of their depthwise convolutions.
    };
    int stemWidth = 64;
    std::array<Stage, 3> stages{{{64, 128, 4, 128}, {128, 256, 6, 256}, {128, 512, 2, 256}}};
    int lastWidth = 512;
    int landmarks = 0; ///< Points that `output_layer` finds, 68 in the published files; 0: without it.
};

/// Convolution, batch normalisation and, where wanted, PReLU: names `conv bn prelu`.
class MobileConvolution : public torch::nn::Module
{
public:
    MobileConvolution(torch::nn::Conv2dOptions convolution, bool activated);
    torch::Tensor forward(const torch::Tensor &x);
    void foldNormalisation() { m_convolution.fold(*this); }

private:
    NormalisedConvolution m_convolution;
    torch::nn::PReLU m_activation{nullptr};
};

/// `conv` 1x1, `conv_dw` 3x3 depthwise (stride), `project` 1x1 without activation; a residual block adds its input.
class MobileBlock : public torch::nn::Module
{
public:
    MobileBlock(int in, int out, int groups, int stride, bool residual);
    torch::Tensor forward(const torch::Tensor &x);
    void foldNormalisation();

private:
    bool m_residual;
    std::shared_ptr<MobileConvolution> m_expand, m_depthwise, m_project;
};

/// Landmark trunk of POSTER and ARBEx (`models.md` 1.7): names `conv1 conv2_dw conv_23 conv_3 … conv_6_sep` of its
/// published files. 911,232 parameters, 96,016 more with the 68 landmarks. Takes sides of 112 pixels; without landmarks
/// any multiple of 16. Initialised as 0.5 says for convolutions; PReLU 0.25.
class MobileFaceNet : public TrunkNetwork
{
public:
    explicit MobileFaceNet(NetworkConfig config, const MobileFaceNetLayout &layout = {});

    /// `conv_3`, `conv_4` and `conv_6_sep`: [N, 64, s/4, s/4], [N, 128, s/8, s/8], [N, 512, s/16, s/16] of s pixels.
    /// @param images  [N, 3, s, s]
    std::array<torch::Tensor, 3> maps(const torch::Tensor &images);

    /// Points of the faces in units of the side, from the last of maps(). Only for a layout with landmarks.
    /// @return [N, landmarks, 2]: x, y
    torch::Tensor landmarks(const torch::Tensor &lastMap);

    NetworkViews forwardAll(NetworkInput faces) override; ///< Its parts: `landmarks`, where it finds them.
    void foldNormalisation() override;

protected:
    torch::Tensor lastMap(torch::Tensor images) override { return maps(images).back(); }

private:
    struct Stage
    {
        std::shared_ptr<MobileBlock> halving;
        std::vector<std::shared_ptr<MobileBlock>> residual;
    };

    void addLandmarks(int width, int points);

    std::shared_ptr<MobileConvolution> m_conv1, m_conv2, m_last;
    std::array<Stage, 3> m_stages;
    std::shared_ptr<MobileConvolution> m_whole; ///< Depthwise, as large as the last map.
    torch::nn::Linear m_linear{nullptr};
    torch::nn::BatchNorm1d m_norm{nullptr};
};

} // namespace mien
