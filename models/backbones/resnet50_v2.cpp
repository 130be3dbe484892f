#include "models/backbones/resnet50_v2.h"

#include <utility>

namespace mien {
namespace {

constexpr NormSettings kNorm{.eps = 1.001e-5};
constexpr int kExpansion = 4;

torch::nn::BatchNorm2d batchNorm(int channels)
{
    return torch::nn::BatchNorm2d(torch::nn::BatchNorm2dOptions(channels).eps(kNorm.eps).momentum(kNorm.momentum));
}

} // namespace

ResNet50V2::ResNet50V2(NetworkConfig config, std::string normalisation, const ResNet50V2Layout &layout)
    : TrunkNetwork(std::move(config), std::move(normalisation))
{
    m_stem = register_module(
        "conv1_conv",
        torch::nn::Conv2d(sameSizeConvolution(this->config().channels, layout.stemWidth, 7, 2).bias(true)));
    int in = layout.stemWidth;
    for (std::size_t s = 0; s < layout.widths.size(); ++s)
        for (int b = 0; b < layout.blocks[s]; ++b) {
            const bool halves = b + 1 == layout.blocks[s] && s + 1 < layout.widths.size();
            m_blocks.push_back(makeBlock("conv" + std::to_string(s + 2) + "_block" + std::to_string(b + 1), in,
                                         layout.widths[s], halves ? 2 : 1, b == 0));
            in = layout.widths[s] * kExpansion;
        }
    m_after = register_module("post_bn", batchNorm(in));
    initialiseConvolutions(*this);
}

ResNet50V2::Block ResNet50V2::makeBlock(const std::string &name, int in, int width, int stride, bool first)
{
    const int out = width * kExpansion;
    Block block{.name = name, .stride = stride};
    block.before = register_module(name + "_preact_bn", batchNorm(in));
    if (first)
        block.shortcut =
            register_module(name + "_0_conv", torch::nn::Conv2d(sameSizeConvolution(in, out, 1, stride).bias(true)));
    block.first =
        NormalisedConvolution(*this, name + "_1_conv", sameSizeConvolution(in, width, 1), name + "_1_bn", kNorm);
    block.second = NormalisedConvolution(*this, name + "_2_conv", sameSizeConvolution(width, width, 3, stride),
                                         name + "_2_bn", kNorm);
    block.last = register_module(name + "_3_conv", torch::nn::Conv2d(sameSizeConvolution(width, out, 1).bias(true)));
    return block;
}

torch::Tensor ResNet50V2::blockMap(Block &block, const torch::Tensor &x)
{
    const auto activated = block.before(x).relu_();
    torch::Tensor y = block.last(block.second(block.first(activated).relu_()).relu_());
    if (block.shortcut)
        y += block.shortcut(activated);
    else
        y += block.stride == 1 ? x : torch::max_pool2d(x, 1, block.stride);
    return y;
}

std::vector<ResNet50V2::BlockMap> ResNet50V2::blockMaps(const torch::Tensor &images)
{
    // Zeros, not minus infinity as a padded max pool has them: values can be negative here.
    torch::Tensor x = torch::max_pool2d(torch::constant_pad_nd(m_stem(images), {1, 1, 1, 1}), 3, 2);
    std::vector<BlockMap> result;
    for (Block &block : m_blocks)
        result.push_back({block.name, x = blockMap(block, x)});
    return result;
}

torch::Tensor ResNet50V2::finished(const torch::Tensor &map)
{
    return m_after(map).relu_();
}

int ResNet50V2::lastWidth() const
{
    return int(m_after->options.num_features());
}

torch::Tensor ResNet50V2::lastMap(torch::Tensor images)
{
    return finished(blockMaps(images).back().map);
}

void ResNet50V2::foldNormalisation()
{
    for (Block &block : m_blocks) {
        block.first.fold(*this);
        block.second.fold(*this);
    }
}

} // namespace mien
