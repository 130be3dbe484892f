#include "models/detect/mtcnn_networks.h"

#include <string>

namespace mien {
namespace {

torch::nn::Conv2d convolution(int in, int out, int side)
{
    return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, side));
}

torch::nn::PReLU slopes(int channels)
{
    return torch::nn::PReLU(torch::nn::PReLUOptions().num_parameters(channels));
}

torch::Tensor pooled(const torch::Tensor &x, int side)
{
    return torch::max_pool2d(x, side, /*stride=*/2, /*padding=*/0, /*dilation=*/1, /*ceil_mode=*/true);
}

/// Column by column, all channels of a pixel together: the dense weights come from a column-major original.
torch::Tensor flattened(const torch::Tensor &x)
{
    return x.permute({0, 3, 2, 1}).flatten(1);
}

/// Registers pairs of name and module under their names.
template <typename... Modules>
void registerAll(torch::nn::Module &parent, Modules &&...modules)
{
    (parent.register_module(modules.first, modules.second), ...);
}

} // namespace

PNet::PNet()
    : conv1(convolution(3, 10, 3))
    , conv2(convolution(10, 16, 3))
    , conv3(convolution(16, 32, 3))
    , conv4_1(convolution(32, 2, 1))
    , conv4_2(convolution(32, 4, 1))
    , prelu1(slopes(10))
    , prelu2(slopes(16))
    , prelu3(slopes(32))
{
    registerAll(*this, std::pair("conv1", conv1), std::pair("prelu1", prelu1), std::pair("conv2", conv2),
                std::pair("prelu2", prelu2), std::pair("conv3", conv3), std::pair("prelu3", prelu3),
                std::pair("conv4_1", conv4_1), std::pair("conv4_2", conv4_2));
}

FaceViews PNet::forward(torch::Tensor x)
{
    x = pooled(prelu1(conv1(x)), 2);
    x = prelu2(conv2(x));
    x = prelu3(conv3(x));
    return {torch::softmax(conv4_1(x), 1), conv4_2(x), {}};
}

RNet::RNet()
    : conv1(convolution(3, 28, 3))
    , conv2(convolution(28, 48, 3))
    , conv3(convolution(48, 64, 2))
    , dense4(576, 128)
    , dense5_1(128, 2)
    , dense5_2(128, 4)
    , prelu1(slopes(28))
    , prelu2(slopes(48))
    , prelu3(slopes(64))
    , prelu4(slopes(128))
{
    registerAll(*this, std::pair("conv1", conv1), std::pair("prelu1", prelu1), std::pair("conv2", conv2),
                std::pair("prelu2", prelu2), std::pair("conv3", conv3), std::pair("prelu3", prelu3),
                std::pair("dense4", dense4), std::pair("prelu4", prelu4), std::pair("dense5_1", dense5_1),
                std::pair("dense5_2", dense5_2));
}

FaceViews RNet::forward(torch::Tensor x)
{
    x = pooled(prelu1(conv1(x)), 3);
    x = pooled(prelu2(conv2(x)), 3);
    x = prelu3(conv3(x));
    x = prelu4(dense4(flattened(x)));
    return {torch::softmax(dense5_1(x), 1), dense5_2(x), {}};
}

ONet::ONet()
    : conv1(convolution(3, 32, 3))
    , conv2(convolution(32, 64, 3))
    , conv3(convolution(64, 64, 3))
    , conv4(convolution(64, 128, 2))
    , dense5(1152, 256)
    , dense6_1(256, 2)
    , dense6_2(256, 4)
    , dense6_3(256, 10)
    , prelu1(slopes(32))
    , prelu2(slopes(64))
    , prelu3(slopes(64))
    , prelu4(slopes(128))
    , prelu5(slopes(256))
{
    registerAll(*this, std::pair("conv1", conv1), std::pair("prelu1", prelu1), std::pair("conv2", conv2),
                std::pair("prelu2", prelu2), std::pair("conv3", conv3), std::pair("prelu3", prelu3),
                std::pair("conv4", conv4), std::pair("prelu4", prelu4), std::pair("dense5", dense5),
                std::pair("prelu5", prelu5), std::pair("dense6_1", dense6_1), std::pair("dense6_2", dense6_2),
                std::pair("dense6_3", dense6_3));
}

FaceViews ONet::forward(torch::Tensor x)
{
    x = pooled(prelu1(conv1(x)), 3);
    x = pooled(prelu2(conv2(x)), 3);
    x = pooled(prelu3(conv3(x)), 2);
    x = prelu4(conv4(x));
    x = prelu5(dense5(flattened(x)));
    return {torch::softmax(dense6_1(x), 1), dense6_2(x), dense6_3(x)};
}

void setWeights(torch::nn::Module &network, const WeightMap &weights)
{
    const torch::NoGradGuard noGradient;
    for (auto &parameter : network.named_parameters()) {
        const auto found = weights.find(parameter.key());
        TORCH_CHECK(found != weights.end() && found->second.shape == parameter.value().sizes().vec(), "the weight ",
                    parameter.key(), " is missing or has another shape");
        parameter.value().copy_(torch::tensor(found->second.values).view(found->second.shape));
    }
}

} // namespace mien
