#include "models/backbones/vgg.h"

#include "models/backbones/normalised_convolution.h"

#include <string>
#include <utility>

namespace mien {
namespace {

constexpr int kPooledSide = 7; // of the map that the full head takes
constexpr double kDropout = 0.5;

} // namespace

Vgg::Vgg(NetworkConfig config, const VggLayout &layout)
    : Network(std::move(config), "imagenet")
{
    const auto features = register_module("features", std::make_shared<torch::nn::Module>());
    int in = this->config().channels;
    int position = 0; // in torchvision's list of layers
    for (std::size_t s = 0; s < layout.widths.size(); ++s) {
        auto &stage = m_stages.emplace_back();
        for (int c = 0; c < layout.convolutions[s]; ++c) {
            stage.push_back(features->register_module(
                std::to_string(position), torch::nn::Conv2d(sameSizeConvolution(in, layout.widths[s], 3).bias(true))));
            in = layout.widths[s];
            position += 2; // its ReLU
        }
        ++position; // max pool
    }
    initialiseConvolutions(*this);
    if (this->config().classes == 0)
        return;
    if (layout.head == VggLayout::Head::Gap) {
        m_fc = register_module("fc", torch::nn::Linear(in, this->config().classes));
        return;
    }
    const auto classifier = register_module("classifier", std::make_shared<torch::nn::Module>());
    int numbers = in * kPooledSide * kPooledSide;
    for (const int width : {layout.hidden[0], layout.hidden[1], this->config().classes}) {
        m_classifier.push_back(
            classifier->register_module(std::to_string(3 * m_classifier.size()), torch::nn::Linear(numbers, width)));
        numbers = width;
    }
}

NetworkViews Vgg::forwardAll(NetworkInput faces)
{
    NetworkViews views;
    auto x = std::move(faces.images);
    for (auto &stage : m_stages) {
        for (auto &convolution : stage)
            x = convolution(x).relu_();
        x = torch::max_pool2d(x, 2);
    }
    views.features = x;
    if (m_classifier.empty()) {
        views.pooled = x.mean({2, 3});
        if (m_fc)
            views.logits = m_fc(views.pooled);
        return views;
    }
    x = torch::adaptive_avg_pool2d(x, {kPooledSide, kPooledSide}).flatten(1);
    for (std::size_t i = 0; i + 1 < m_classifier.size(); ++i) {
        views.pooled = m_classifier[i](x).relu_();
        x = torch::dropout(views.pooled, kDropout, is_training());
    }
    views.logits = m_classifier.back()(x);
    return views;
}

torch::Tensor Vgg::classifierWeight() const
{
    return m_fc ? m_fc->weight : torch::Tensor();
}

} // namespace mien
