#include "models/backbones/residual_blocks.h"

#include <utility>

namespace mien {
namespace {

PackableConv2d convolution(int in, int out, int kernel, int stride)
{
    return PackableConv2d(torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

torch::nn::BatchNorm2d normalisation(int channels, const ResidualBlockOptions &options)
{
    return torch::nn::BatchNorm2d(torch::nn::BatchNorm2dOptions(channels).eps(options.eps).momentum(options.momentum));
}

torch::nn::Sequential shortcut(const ResidualBlockOptions &options, int out)
{
    if (options.stride == 1 && options.in == out)
        return nullptr;
    return torch::nn::Sequential(convolution(options.in, out, 1, options.stride), normalisation(out, options));
}

torch::nn::Sequential foldedShortcut(torch::nn::Sequential &shortcut)
{
    return torch::nn::Sequential(
        folded(*std::dynamic_pointer_cast<torch::nn::Conv2dImpl>(shortcut->ptr(0)),
               torch::nn::BatchNorm2d(std::dynamic_pointer_cast<torch::nn::BatchNorm2dImpl>(shortcut->ptr(1)))));
}

} // namespace

torch::Tensor ResidualBlock::normalised(torch::nn::BatchNorm2d &normalisation, const torch::Tensor &map) const
{
    return m_folded ? map : normalisation(map);
}

BasicBlock::BasicBlock(const ResidualBlockOptions &options)
    : m_out(options.width)
    , m_conv1(convolution(options.in, options.width, 3, options.stride))
    , m_conv2(convolution(options.width, options.width, 3, 1))
    , m_bn1(normalisation(options.width, options))
    , m_bn2(normalisation(options.width, options))
    , m_downsample(shortcut(options, m_out))
{
    register_module("conv1", m_conv1);
    register_module("bn1", m_bn1);
    register_module("conv2", m_conv2);
    register_module("bn2", m_bn2);
    if (m_downsample)
        register_module("downsample", m_downsample);
}

torch::Tensor BasicBlock::forward(torch::Tensor x)
{
    torch::Tensor y = normalised(m_bn1, m_conv1(x)).relu_();
    y = normalised(m_bn2, m_conv2(y));
    y += m_downsample ? m_downsample->forward(x) : x;
    return y.relu_();
}

void BasicBlock::foldNormalisation()
{
    if (std::exchange(m_folded, true))
        return;
    m_conv1 = replace_module("conv1", folded(*m_conv1, m_bn1));
    m_conv2 = replace_module("conv2", folded(*m_conv2, m_bn2));
    if (m_downsample)
        m_downsample = replace_module("downsample", foldedShortcut(m_downsample));
}

Bottleneck::Bottleneck(const ResidualBlockOptions &options)
    : m_out(options.width * expansion)
    , m_conv1(convolution(options.in, options.width, 1, options.strideOnFirst ? options.stride : 1))
    , m_conv2(convolution(options.width, options.width, 3, options.strideOnFirst ? 1 : options.stride))
    , m_conv3(convolution(options.width, m_out, 1, 1))
    , m_bn1(normalisation(options.width, options))
    , m_bn2(normalisation(options.width, options))
    , m_bn3(normalisation(m_out, options))
    , m_downsample(shortcut(options, m_out))
{
    register_module("conv1", m_conv1);
    register_module("bn1", m_bn1);
    register_module("conv2", m_conv2);
    register_module("bn2", m_bn2);
    register_module("conv3", m_conv3);
    register_module("bn3", m_bn3);
    if (m_downsample)
        register_module("downsample", m_downsample);
}

torch::Tensor Bottleneck::forward(torch::Tensor x)
{
    torch::Tensor y = normalised(m_bn1, m_conv1(x)).relu_();
    y = normalised(m_bn2, m_conv2(y)).relu_();
    y = normalised(m_bn3, m_conv3(y));
    y += m_downsample ? m_downsample->forward(x) : x;
    return y.relu_();
}

void Bottleneck::foldNormalisation()
{
    if (std::exchange(m_folded, true))
        return;
    m_conv1 = replace_module("conv1", folded(*m_conv1, m_bn1));
    m_conv2 = replace_module("conv2", folded(*m_conv2, m_bn2));
    m_conv3 = replace_module("conv3", folded(*m_conv3, m_bn3));
    if (m_downsample)
        m_downsample = replace_module("downsample", foldedShortcut(m_downsample));
}

void ResidualStage::append(std::shared_ptr<ResidualBlock> block)
{
    register_module(std::to_string(m_blocks.size()), block);
    m_blocks.push_back(std::move(block));
}

torch::Tensor ResidualStage::forward(torch::Tensor x)
{
    for (const auto &block : m_blocks)
        x = block->forward(x);
    return x;
}

void ResidualStage::foldNormalisation()
{
    for (const auto &block : m_blocks)
        block->foldNormalisation();
}

} // namespace mien
