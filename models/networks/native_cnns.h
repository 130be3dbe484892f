#pragma once

#include "models/networks/network.h"
#include "models/networks/network_plan.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace mien {

struct NativeKerasLayout
{
    std::array<int, 4> widths{6, 128, 64, 32}; ///< Channels of `conv1` … `conv4`.
    std::array<int, 2> hidden{64, 32};         ///< Of `fc1`, `fc2`.
    double dropout = 0;                        ///< After `fc1`.
    bool freezeKernels = false;                ///< `conv1` does not learn (D29).
    double contrast = 1;   ///< Of every picture, around its mean, in training and evaluation alike (D30).
    std::int64_t flat = 0; ///< Numbers that `fc1` takes; 0: those of the configuration's side.
};

/// Keras-style CNN of the slides (`models.md` 6.1), 232,803 parameters at 48 pixels and 7 classes: names
/// `conv1`…`conv4 fc1`…`fc3`. `conv1` begins with kernels for edges, without an activation after it; the columns of
/// `fc1` count channels fastest, then columns, then rows. Takes [N, 1, s, s] in [0, 1].
/// Its F is the map of `conv4`, its embedding what `fc3` sees.
class NativeKerasCnn : public Network
{
public:
    NativeKerasCnn(NetworkConfig config, const NativeKerasLayout &layout);

    NetworkViews forwardAll(NetworkInput faces) override;
    int layerOf(const std::string &parameter) const override { return parameter.starts_with("fc3.") ? 1 : 0; }
    torch::Tensor edges(const torch::Tensor &images); ///< Map of `conv1`: [N, 6, s - 2, s - 2].

private:
    double m_dropout, m_contrast;
    std::array<torch::nn::Conv2d, 4> m_convolutions{nullptr, nullptr, nullptr, nullptr};
    std::array<torch::nn::Linear, 2> m_hidden{nullptr, nullptr};
    torch::nn::Linear m_classifier{nullptr};
};

struct NativeTorchLayout
{
    std::array<int, 3> widths{128, 64, 32}; ///< Of the three blocks, each of which halves the map.
    std::array<int, 2> hidden{256, 64};
    std::int64_t flat = 0; ///< Numbers that the first linear layer takes; 0: those of the configuration's side.
};

/// PyTorch CNN of the slides (`models.md` 6.2), 599,815 parameters at 48 pixels and 7 classes: names `network.N` with N
/// the position in its list of layers. Takes [N, 1, s, s] in [-1, 1] (D31).
/// Its F is what the last convolution's ReLU gives (`models.md` 8.2), its embedding what the last layer sees.
class NativeTorchCnn : public Network
{
public:
    NativeTorchCnn(NetworkConfig config, const NativeTorchLayout &layout);

    NetworkViews forwardAll(NetworkInput faces) override;
    int layerOf(const std::string &parameter) const override { return parameter.starts_with("network.23.") ? 1 : 0; }

private:
    struct Block
    {
        torch::nn::Conv2d first, second;
        torch::nn::BatchNorm2d norm;
    };
    std::vector<Block> m_blocks;
    std::array<torch::nn::Linear, 2> m_hidden{nullptr, nullptr};
    torch::nn::Linear m_classifier{nullptr};
};

/// native-keras and native-torch.
std::vector<NetworkPlan> nativeCnnPlans();

} // namespace mien
