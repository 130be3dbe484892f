#include "models/backbones/resnet.h"

#include <utility>

namespace mien {
namespace {

std::shared_ptr<ResidualBlock> makeBlock(const ResNetLayout &layout, int in, int width, int stride)
{
    const ResidualBlockOptions options{
        .in = in, .width = width, .stride = stride, .strideOnFirst = layout.strideOnFirst};
    if (layout.bottleneck)
        return std::make_shared<Bottleneck>(options);
    return std::make_shared<BasicBlock>(options);
}

} // namespace

ResNet::ResNet(NetworkConfig config, const ResNetLayout &layout)
    : Network(std::move(config), "imagenet")
    , m_stem(layout.stem)
    , m_numbered(layout.numbered)
{
    const bool small = m_stem == ResNetLayout::Stem::Compact || m_stem == ResNetLayout::Stem::CompactPool;
    const int kernel = small ? 3 : 7;
    const int stride = m_stem == ResNetLayout::Stem::CompactPool ? 1 : 2;
    m_conv1 = register_module(m_numbered ? "0" : "conv1",
                              PackableConv2d(torch::nn::Conv2dOptions(this->config().channels, layout.stemWidth, kernel)
                                                 .stride(stride)
                                                 .padding(kernel / 2)
                                                 .bias(false)));
    m_bn1 = register_module(m_numbered ? "1" : "bn1", torch::nn::BatchNorm2d(layout.stemWidth));
    int in = layout.stemWidth;
    for (std::size_t s = 0; s < layout.widths.size(); ++s) {
        auto stage = std::make_shared<ResidualStage>();
        for (int b = 0; b < layout.blocks[s]; ++b) {
            auto block = makeBlock(layout, in, layout.widths[s], s > 0 && b == 0 ? 2 : 1);
            in = block->outChannels();
            stage->append(std::move(block));
        }
        m_stages.push_back( // 2 is the ReLU, 3 the max pool
            register_module(m_numbered ? std::to_string(s + 4) : "layer" + std::to_string(s + 1), stage));
    }
    if (this->config().classes > 0)
        m_fc = register_module("fc", torch::nn::Linear(in, this->config().classes));

    for (const auto &module : modules(/*include_self=*/false))
        if (const auto *convolution = module->as<torch::nn::Conv2d>())
            torch::nn::init::kaiming_normal_(convolution->weight, 0, torch::kFanOut, torch::kReLU);
}

std::vector<torch::Tensor> ResNet::stages(torch::Tensor x)
{
    x = m_conv1(x);
    x = (m_folded ? x : m_bn1(x)).relu_();
    if (m_stem == ResNetLayout::Stem::ImageNet || m_stem == ResNetLayout::Stem::CompactPool)
        x = torch::max_pool2d(x, 3, 2, 1);
    else if (m_stem == ResNetLayout::Stem::VggFace2)
        x = torch::max_pool2d(x, 3, 2, 0, 1, /*ceil_mode=*/true);
    std::vector<torch::Tensor> result;
    for (const auto &stage : m_stages)
        result.push_back(x = stage->forward(x));
    return result;
}

NetworkViews ResNet::forwardAll(NetworkInput faces)
{
    NetworkViews views;
    views.features = stages(std::move(faces.images)).back();
    views.pooled = views.features.mean({2, 3});
    if (m_fc)
        views.logits = m_fc(views.pooled);
    return views;
}

torch::Tensor ResNet::classifierWeight() const
{
    return m_fc ? m_fc->weight : torch::Tensor();
}

void ResNet::foldNormalisation()
{
    if (std::exchange(m_folded, true))
        return;
    m_conv1 = replace_module(m_numbered ? "0" : "conv1", folded(*m_conv1, m_bn1));
    for (const auto &stage : m_stages)
        stage->foldNormalisation();
}

} // namespace mien
