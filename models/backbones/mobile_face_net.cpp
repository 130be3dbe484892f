#include "models/backbones/mobile_face_net.h"

#include <string>
#include <utility>

namespace mien {
namespace {

constexpr int kLastMapSide = 7; // of the published network, which sees 112 pixels

} // namespace

MobileConvolution::MobileConvolution(torch::nn::Conv2dOptions convolution, bool activated)
    : m_convolution(*this, "conv", convolution, "bn")
{
    if (activated)
        m_activation = register_module(
            "prelu", torch::nn::PReLU(torch::nn::PReLUOptions().num_parameters(convolution.out_channels())));
}

torch::Tensor MobileConvolution::forward(const torch::Tensor &x)
{
    const auto y = m_convolution(x);
    return m_activation ? m_activation(y) : y;
}

MobileBlock::MobileBlock(int in, int out, int groups, int stride, bool residual)
    : m_residual(residual)
    , m_expand(register_module("conv", std::make_shared<MobileConvolution>(sameSizeConvolution(in, groups, 1), true)))
    , m_depthwise(register_module(
          "conv_dw", std::make_shared<MobileConvolution>(sameSizeConvolution(groups, groups, 3, stride, groups), true)))
    , m_project(
          register_module("project", std::make_shared<MobileConvolution>(sameSizeConvolution(groups, out, 1), false)))
{
}

torch::Tensor MobileBlock::forward(const torch::Tensor &x)
{
    auto y = m_project->forward(m_depthwise->forward(m_expand->forward(x)));
    return m_residual ? y.add_(x) : y;
}

void MobileBlock::foldNormalisation()
{
    for (const auto &part : {m_expand, m_depthwise, m_project})
        part->foldNormalisation();
}

MobileFaceNet::MobileFaceNet(NetworkConfig config, const MobileFaceNetLayout &layout)
    : TrunkNetwork(std::move(config), "imagenet")
{
    constexpr std::array halvingNames{"conv_23", "conv_34", "conv_45"};
    constexpr std::array stageNames{"conv_3", "conv_4", "conv_5"};
    const int stem = layout.stemWidth;
    m_conv1 = register_module(
        "conv1", std::make_shared<MobileConvolution>(sameSizeConvolution(this->config().channels, stem, 3, 2), true));
    m_conv2 = register_module("conv2_dw",
                              std::make_shared<MobileConvolution>(sameSizeConvolution(stem, stem, 3, 1, stem), true));
    int in = stem;
    for (std::size_t s = 0; s < m_stages.size(); ++s) {
        const MobileFaceNetLayout::Stage &stage = layout.stages[s];
        m_stages[s].halving = register_module(
            halvingNames[s], std::make_shared<MobileBlock>(in, stage.width, stage.halvingGroups, 2, false));
        in = stage.width;
        const auto blocks = register_module(stageNames[s], std::make_shared<torch::nn::Module>())
                                ->register_module("model", std::make_shared<torch::nn::Module>());
        for (int b = 0; b < stage.blocks; ++b)
            m_stages[s].residual.push_back(blocks->register_module(
                std::to_string(b), std::make_shared<MobileBlock>(in, in, stage.groups, 1, true)));
    }
    m_last = register_module("conv_6_sep",
                             std::make_shared<MobileConvolution>(sameSizeConvolution(in, layout.lastWidth, 1), true));
    if (layout.landmarks > 0)
        addLandmarks(layout.lastWidth, layout.landmarks);
    addClassifier(layout.lastWidth);
    initialiseConvolutions(*this);
}

void MobileFaceNet::addLandmarks(int width, int points)
{
    const auto output = register_module("output_layer", std::make_shared<torch::nn::Module>());
    m_whole = output->register_module(
        "conv_6_dw",
        std::make_shared<MobileConvolution>(torch::nn::Conv2dOptions(width, width, kLastMapSide).groups(width), false));
    m_linear =
        output->register_module("linear", torch::nn::Linear(torch::nn::LinearOptions(width, 2 * points).bias(false)));
    m_norm = output->register_module("bn", torch::nn::BatchNorm1d(2 * points));
}

std::array<torch::Tensor, 3> MobileFaceNet::maps(const torch::Tensor &images)
{
    torch::Tensor x = m_conv2->forward(m_conv1->forward(images));
    std::array<torch::Tensor, 3> result;
    for (std::size_t s = 0; s < m_stages.size(); ++s) {
        x = m_stages[s].halving->forward(x);
        for (const auto &block : m_stages[s].residual)
            x = block->forward(x);
        result[s] = x;
    }
    result.back() = m_last->forward(x);
    return result;
}

torch::Tensor MobileFaceNet::landmarks(const torch::Tensor &lastMap)
{
    return m_norm(m_linear(m_whole->forward(lastMap).flatten(1))).unflatten(1, {-1, 2});
}

NetworkViews MobileFaceNet::forwardAll(NetworkInput faces)
{
    NetworkViews views = TrunkNetwork::forwardAll(std::move(faces));
    if (m_whole)
        views.parts["landmarks"] = landmarks(views.features);
    return views;
}

void MobileFaceNet::foldNormalisation()
{
    for (const auto &convolution : {m_conv1, m_conv2, m_last, m_whole})
        if (convolution)
            convolution->foldNormalisation();
    for (const Stage &stage : m_stages) {
        stage.halving->foldNormalisation();
        for (const auto &block : stage.residual)
            block->foldNormalisation();
    }
}

} // namespace mien
