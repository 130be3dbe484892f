#include "models/networks/native_cnns.h"

#include <algorithm>
#include <string>
#include <utility>

namespace mien {
namespace {

using Kernel = std::array<float, 9>; // rows from top to bottom

constexpr Kernel kHorizontal{-1, -1, -1, 0, 0, 0, 1, 1, 1};
constexpr Kernel kVertical{-1, 0, 1, -1, 0, 1, -1, 0, 1};
constexpr Kernel kSharpen{-1, -1, -1, -1, 8, -1, -1, -1, -1};
constexpr Kernel kDiagonal1{0, 1, 2, -1, 0, 1, -2, -1, 0};
constexpr Kernel kDiagonal2{2, 1, 0, 1, 0, -1, 0, -1, -2};
constexpr Kernel kIdentity{0, 0, 0, 0, 1, 0, 0, 0, 0};
constexpr Kernel kOtherDiagonal2{-2, -1, 0, -1, 0, 1, 0, 1, 2};

constexpr std::array kKerasKernels{kHorizontal, kVertical, kSharpen, kDiagonal1, kDiagonal2, kIdentity};
constexpr std::array kTorchKernels{kHorizontal, kVertical, kDiagonal1, kOtherDiagonal2};

/// The first filters of a convolution, for every channel of its input.
template <std::size_t Count>
void startWith(torch::nn::Conv2d &convolution, const std::array<Kernel, Count> &kernels)
{
    const torch::NoGradGuard noGradients;
    const auto filters = std::min(std::int64_t(Count), convolution->weight.size(0));
    for (std::int64_t i = 0; i < filters; ++i)
        convolution->weight[i].copy_(torch::tensor(torch::ArrayRef<float>(kernels[std::size_t(i)])).view({3, 3}));
    convolution->bias.zero_();
}

/// Side of the map of `conv4`: four times a 3x3 convolution without padding, after the second and third of which
/// the map is halved.
int kerasMapSide(int side)
{
    return ((side - 4) / 2 - 2) / 2 - 2;
}

} // namespace

NativeKerasCnn::NativeKerasCnn(NetworkConfig config, const NativeKerasLayout &layout)
    : Network(std::move(config), "unit")
    , m_dropout(layout.dropout)
    , m_contrast(layout.contrast)
{
    int in = this->config().channels;
    for (std::size_t i = 0; i < m_convolutions.size(); ++i) {
        m_convolutions[i] = register_module("conv" + std::to_string(i + 1),
                                            torch::nn::Conv2d(torch::nn::Conv2dOptions(in, layout.widths[i], 3)));
        in = layout.widths[i];
    }
    const std::int64_t mapSide = kerasMapSide(this->config().side);
    std::int64_t numbers = layout.flat > 0 ? layout.flat : in * mapSide * mapSide;
    for (std::size_t i = 0; i < m_hidden.size(); ++i) {
        m_hidden[i] = register_module("fc" + std::to_string(i + 1), torch::nn::Linear(numbers, layout.hidden[i]));
        numbers = layout.hidden[i];
    }
    if (this->config().classes > 0)
        m_classifier = register_module("fc3", torch::nn::Linear(numbers, this->config().classes));

    const torch::NoGradGuard noGradients;
    for (auto &item : named_parameters())
        if (item.value().dim() == 1)
            item.value().zero_();
        else if (item.key() == "conv2.weight")
            torch::nn::init::kaiming_uniform_(item.value(), 0, torch::kFanIn, torch::kReLU);
        else
            torch::nn::init::xavier_uniform_(item.value());
    startWith(m_convolutions.front(), kKerasKernels);
    if (layout.freezeKernels)
        for (auto &parameter : m_convolutions.front()->parameters())
            parameter.set_requires_grad(false);
}

torch::Tensor NativeKerasCnn::edges(const torch::Tensor &images)
{
    return m_convolutions[0](images);
}

NetworkViews NativeKerasCnn::forwardAll(NetworkInput faces)
{
    NetworkViews views;
    auto x = std::move(faces.images);
    if (m_contrast != 1) {
        const auto mean = x.mean({1, 2, 3}, /*keepdim=*/true);
        x = (x - mean) * m_contrast + mean;
    }
    x = torch::max_pool2d(m_convolutions[1](edges(x)).relu_(), 2);
    x = torch::max_pool2d(m_convolutions[2](x).relu_(), 2);
    views.features = m_convolutions[3](x).relu_();
    x = m_hidden[0](views.features.permute({0, 2, 3, 1}).flatten(1)).relu_();
    x = torch::dropout(x, m_dropout, is_training());
    views.pooled = m_hidden[1](x).relu_();
    if (m_classifier)
        views.logits = m_classifier(views.pooled);
    return views;
}

NativeTorchCnn::NativeTorchCnn(NetworkConfig config, const NativeTorchLayout &layout)
    : Network(std::move(config), "pm1")
{
    const auto list = register_module("network", std::make_shared<torch::nn::Module>());
    int position = 0;
    const auto add = [&](auto layer, int positions) { // what has no parameters behind it takes positions, too
        list->register_module(std::to_string(position), layer);
        position += positions;
        return layer;
    };
    const auto convolution = [](int in, int out) {
        return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).padding(1));
    };
    int in = this->config().channels;
    for (const int width : layout.widths) {
        const auto first = add(convolution(in, width), 2);
        const auto second = add(convolution(width, width), 2);
        m_blocks.push_back({first, second, add(torch::nn::BatchNorm2d(width), 2)});
        in = width;
    }
    ++position; // flatten
    const std::int64_t mapSide = this->config().side / 8;
    std::int64_t numbers = layout.flat > 0 ? layout.flat : in * mapSide * mapSide;
    for (std::size_t i = 0; i < m_hidden.size(); ++i) {
        m_hidden[i] = add(torch::nn::Linear(numbers, layout.hidden[i]), 2);
        numbers = layout.hidden[i];
    }
    if (this->config().classes > 0)
        m_classifier = add(torch::nn::Linear(numbers, this->config().classes), 1);

    auto &edges = m_blocks.front().first;
    startWith(edges, kTorchKernels);
    if (const auto rest = std::int64_t(kTorchKernels.size()); edges->weight.size(0) > rest)
        torch::nn::init::xavier_normal_(edges->weight.slice(0, rest));
}

NetworkViews NativeTorchCnn::forwardAll(NetworkInput faces)
{
    NetworkViews views;
    auto x = std::move(faces.images);
    for (Block &block : m_blocks) {
        views.features = block.second(block.first(x).relu_()).relu_(); // of the last one: what maps are made of
        x = torch::max_pool2d(block.norm(views.features), 2);
    }
    views.pooled = m_hidden[1](m_hidden[0](x.flatten(1)).relu_()).relu_();
    if (m_classifier)
        views.logits = m_classifier(views.pooled);
    return views;
}

std::vector<NetworkPlan> nativeCnnPlans()
{
    const std::string source = "AppML final project on FER2013, slides and notebooks, 2024";
    return {{.name = "native-keras",
             .title = "Small CNN that begins with edge kernels",
             .goodFor = "a first look at 48-pixel faces, and a yardstick",
             .needs = "little: minutes on a CPU",
             .source = source,
             .channels = {1},
             .options = {presetOption({"five"}, "five: the narrower network of the slides for five classes"),
                         {.name = "freeze_kernels",
                          .standard = "off",
                          .values = {"off", "on"},
                          .help = "on: the edge kernels of the first layer stay as they are"},
                         {.name = "image_contrast",
                          .type = NetworkOption::Type::Number,
                          .standard = 1,
                          .least = 0.1,
                          .most = 10,
                          .help = "contrast of every picture around its mean, in training and whenever it judges: 1 as "
                                  "it is, 5 as a notebook of the slides had it"}},
             .sides = [](const nlohmann::json &) { return SideRange{.standard = 48, .most = 128}; },
             .build = [](const NetworkConfig &config) -> std::shared_ptr<Network> {
                 NativeKerasLayout layout;
                 if (isTiny(config)) {
                     layout.widths = {6, 16, 16, 16};
                     layout.hidden = {32, 16};
                 } else if (config.options.at("preset") == "five") {
                     layout.widths = {6, 16, 32, 32};
                     layout.dropout = 0.2;
                 }
                 layout.contrast = config.options.at("image_contrast");
                 layout.freezeKernels = config.options.at("freeze_kernels") == "on";
                 return std::make_shared<NativeKerasCnn>(config, layout);
             }},
            {.name = "native-torch",
             .title = "CNN of three blocks with batch normalisation",
             .goodFor = "48-pixel faces like FER2013, as a yardstick",
             .needs = "a CPU will do; wide layers make it slower than eac-compact",
             .source = source,
             .channels = {1},
             .options = {presetOption()},
             .sides = [](const nlohmann::json &) { return SideRange{.standard = 48, .most = 128, .step = 8}; },
             .build = [](const NetworkConfig &config) -> std::shared_ptr<Network> {
                 NativeTorchLayout layout;
                 if (isTiny(config))
                     layout = {.widths = {16, 16, 16}, .hidden = {32, 16}};
                 return std::make_shared<NativeTorchCnn>(config, layout);
             }}};
}

} // namespace mien
