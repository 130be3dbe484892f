#include "models/backbones/efficientnet_v2.h"

#include "models/backbones/transformer_block.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace mien {
namespace {

using Layout = EfficientNetV2Layout;

constexpr NormSettings kNorm{.eps = 1e-3};
constexpr int kKernel = 3;
constexpr int kExcitationShare = 4; // the squeezed vector has a quarter of the block's input channels

/// SiLU, in place where no gradient will need what was there.
torch::Tensor activated(torch::Tensor x)
{
    return torch::GradMode::is_enabled() ? torch::silu(x) : torch::silu_(x);
}

/// A 3x3 convolution that keeps the map's size; with a stride it takes samePadded() maps.
torch::nn::Conv2dOptions convolution3x3(int in, int out, int stride, int groups = 1)
{
    return torch::nn::Conv2dOptions(in, out, kKernel).stride(stride).padding(stride == 1 ? 1 : 0).groups(groups);
}

/// TensorFlow's SAME padding for a 3x3 convolution of this stride: the larger half after the map.
torch::Tensor samePadded(const torch::Tensor &map, int stride)
{
    if (stride == 1)
        return map; // the convolution pads by itself
    const auto total = [&](std::int64_t size) {
        return std::max<std::int64_t>(((size + stride - 1) / stride - 1) * stride + kKernel - size, 0);
    };
    const auto rows = total(map.size(2)), columns = total(map.size(3));
    return torch::constant_pad_nd(map, {columns / 2, columns - columns / 2, rows / 2, rows - rows / 2});
}

} // namespace

EfficientBlock::EfficientBlock(const Layout::Stage &stage, int in, int stride, double dropPath)
    : m_kind(stage.block)
    , m_stride(stride)
    , m_residual(stride == 1 && in == stage.width)
    , m_dropPath(dropPath)
{
    const int out = stage.width, wide = in * stage.expansion;
    switch (m_kind) {
    case Layout::Block::Plain:
        m_first = NormalisedConvolution(*this, "conv", convolution3x3(in, out, stride), "bn1", kNorm);
        return;
    case Layout::Block::Fused:
        m_first = NormalisedConvolution(*this, "conv_exp", convolution3x3(in, wide, stride), "bn1", kNorm);
        m_last = NormalisedConvolution(*this, "conv_pwl", sameSizeConvolution(wide, out, 1), "bn2", kNorm);
        return;
    case Layout::Block::Inverted: break;
    }
    m_first = NormalisedConvolution(*this, "conv_pw", sameSizeConvolution(in, wide, 1), "bn1", kNorm);
    m_depthwise = NormalisedConvolution(*this, "conv_dw", convolution3x3(wide, wide, stride, wide), "bn2", kNorm);
    const auto excitation = register_module("se", std::make_shared<torch::nn::Module>());
    const int squeezed = std::max(1, in / kExcitationShare);
    m_reduce = excitation->register_module("conv_reduce", torch::nn::Conv2d(wide, squeezed, 1));
    m_expand = excitation->register_module("conv_expand", torch::nn::Conv2d(squeezed, wide, 1));
    m_last = NormalisedConvolution(*this, "conv_pwl", sameSizeConvolution(wide, out, 1), "bn3", kNorm);
}

torch::Tensor EfficientBlock::excited(const torch::Tensor &map)
{
    const auto gates = m_expand(activated(m_reduce(map.mean({2, 3}, /*keepdim=*/true)))).sigmoid_();
    return torch::GradMode::is_enabled() ? map * gates : torch::Tensor(map).mul_(gates);
}

torch::Tensor EfficientBlock::forward(const torch::Tensor &x)
{
    torch::Tensor y;
    if (m_kind == Layout::Block::Inverted) {
        y = activated(m_depthwise(samePadded(activated(m_first(x)), m_stride)));
        y = m_last(excited(y));
    } else {
        y = activated(m_first(samePadded(x, m_stride)));
        if (m_last)
            y = m_last(y);
    }
    return m_residual ? x + dropPath(y, m_dropPath, is_training()) : y;
}

void EfficientBlock::foldNormalisation()
{
    for (NormalisedConvolution *part : {&m_first, &m_depthwise, &m_last})
        if (*part)
            part->fold(*this);
}

EfficientNetV2::EfficientNetV2(NetworkConfig config, std::string normalisation, const Layout &layout,
                               bool withClassifier)
    : TrunkNetwork(std::move(config), std::move(normalisation))
{
    m_stem = NormalisedConvolution(*this, "conv_stem", convolution3x3(this->config().channels, layout.stemWidth, 2),
                                   "bn1", kNorm);
    const int blocks = std::accumulate(layout.stages.begin(), layout.stages.end(), 0,
                                       [](int sum, const Layout::Stage &stage) { return sum + stage.repeats; });
    const auto stages = register_module("blocks", std::make_shared<torch::nn::Module>());
    int in = layout.stemWidth, block = 0;
    for (const Layout::Stage &stage : layout.stages) {
        const auto scope =
            stages->register_module(std::to_string(m_stages.size()), std::make_shared<torch::nn::Module>());
        auto &members = m_stages.emplace_back();
        for (int b = 0; b < stage.repeats; ++b, ++block) {
            members.push_back(scope->register_module(
                std::to_string(b), std::make_shared<EfficientBlock>(stage, in, b == 0 ? stage.stride : 1,
                                                                    layout.dropPath * block / blocks)));
            in = stage.width;
        }
    }
    m_head = NormalisedConvolution(*this, "conv_head", sameSizeConvolution(in, layout.headWidth, 1), "bn2", kNorm);
    initialiseConvolutions(*this);
    if (withClassifier)
        addClassifier(layout.headWidth, "classifier");
}

std::vector<torch::Tensor> EfficientNetV2::maps(const torch::Tensor &images)
{
    std::vector<torch::Tensor> result;
    auto x = activated(m_stem(samePadded(images, 2)));
    for (const auto &stage : m_stages) {
        for (const auto &block : stage)
            x = block->forward(x);
        result.push_back(x);
    }
    result.push_back(activated(m_head(x)));
    return result;
}

void EfficientNetV2::foldNormalisation()
{
    m_stem.fold(*this);
    m_head.fold(*this);
    for (const auto &stage : m_stages)
        for (const auto &block : stage)
            block->foldNormalisation();
}

} // namespace mien
