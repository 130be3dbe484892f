#include "models/networks/fine_tuned_networks.h"

#include "models/networks/frozen_parts.h"

#include <utility>

namespace mien {
namespace {

constexpr double kPenalty = 1e-4; // times the sum of squares, without a factor of one half
constexpr double kDropout = 0.2;
constexpr double kHeadNormEps = 1e-3;
constexpr double kHeadNormMomentum = 0.01;

/// Side of the trunk's last map.
int mapSide(int side)
{
    constexpr int kReduction = 32;
    return (side + kReduction - 1) / kReduction;
}

void freeze(torch::nn::Module &network, FineTuning fineTuning, std::vector<std::string> lastPart)
{
    if (fineTuning == FineTuning::All)
        return;
    if (fineTuning == FineTuning::Head)
        lastPart.clear();
    lastPart.push_back("head.");
    freezeAllBut(network, lastPart);
}

/// ImageNet's mean and deviation for pixels of 0 to 255.
torch::Tensor imagenetNormalised(const torch::Tensor &pixels)
{
    const auto channel = [&](float red, float green, float blue) {
        return torch::tensor({255 * red, 255 * green, 255 * blue}, torch::kFloat32)
            .to(pixels.options())
            .view({3, 1, 1});
    };
    return (pixels - channel(0.485f, 0.456f, 0.406f)) / channel(0.229f, 0.224f, 0.225f);
}

FineTuning fineTuningOf(const NetworkConfig &config)
{
    const auto &value = config.options.at("finetune");
    return value == "all" ? FineTuning::All : value == "last" ? FineTuning::Last : FineTuning::Head;
}

NetworkOption fineTuneOption(const std::string &lastPart)
{
    return {.name = "finetune",
            .standard = "head",
            .values = {"head", "last", "all"},
            .help = "head: the trunk stays as its weight file has it; last: " + lastPart +
                    " learn as well; all: without a weight file, everything has to learn"};
}

SideRange sidesOf(const nlohmann::json &options)
{
    return {.standard = options.at("preset") == "tiny" ? 64 : 128, .most = 512};
}

std::shared_ptr<Network> buildResNet50V2(const NetworkConfig &config)
{
    ResNet50V2FacesLayout layout;
    layout.fineTuning = fineTuningOf(config);
    layout.hiddenLayers = config.options.at("head") == "two";
    if (isTiny(config)) {
        layout.trunk = {.stemWidth = 16, .widths = {8, 16, 32, 64}, .blocks = {2, 2, 2, 1}};
        layout.lastPart = {"conv4_block2_", "conv5_", "post_bn."};
        layout.hidden = {64, 32};
    }
    return std::make_shared<ResNet50V2Faces>(config, config.options.at("input").get<std::string>(), layout);
}

std::shared_ptr<Network> buildEfficientNet(const NetworkConfig &config)
{
    using Block = EfficientNetV2Layout::Block;
    EfficientNetFacesLayout layout;
    layout.fineTuning = fineTuningOf(config);
    if (isTiny(config)) {
        layout.trunk = {.stemWidth = 16,
                        .stages = {{Block::Plain, 1, 1, 1, 8},
                                   {Block::Fused, 2, 2, 4, 16},
                                   {Block::Fused, 1, 2, 4, 24},
                                   {Block::Inverted, 2, 2, 4, 32},
                                   {Block::Inverted, 1, 1, 4, 40},
                                   {Block::Inverted, 2, 2, 4, 48}},
                        .headWidth = 128};
        layout.firstLearningBlock = 1;
        layout.hidden = {64, 32};
    }
    return std::make_shared<EfficientNetFaces>(config, layout);
}

} // namespace

ResNet50V2Faces::ResNet50V2Faces(NetworkConfig config, std::string normalisation, const ResNet50V2FacesLayout &layout)
    : ResNet50V2(std::move(config), std::move(normalisation), layout.trunk)
{
    const int classes = this->config().classes;
    if (classes > 0) {
        const auto head = register_module("head", std::make_shared<torch::nn::Module>());
        std::int64_t numbers = lastWidth();
        if (layout.hiddenLayers)
            for (const int width : layout.hidden) {
                const auto position = std::to_string(m_linear.size() + 1);
                m_linear.push_back(head->register_module("fc" + position, torch::nn::Linear(numbers, width)));
                m_norms.push_back(head->register_module(
                    "bn" + position,
                    torch::nn::BatchNorm1d(
                        torch::nn::BatchNorm1dOptions(width).eps(kHeadNormEps).momentum(kHeadNormMomentum))));
                numbers = width;
            }
        m_linear.push_back(
            head->register_module(layout.hiddenLayers ? "fc3" : "fc", torch::nn::Linear(numbers, classes)));
    }
    freeze(*this, layout.fineTuning, layout.lastPart);
}

NetworkViews ResNet50V2Faces::forwardAll(NetworkInput faces)
{
    NetworkViews views = TrunkNetwork::forwardAll(std::move(faces));
    if (m_linear.empty())
        return views;
    torch::Tensor x = views.pooled;
    for (std::size_t i = 0; i < m_norms.size(); ++i) {
        views.pooled = m_norms[i](m_linear[i](x).relu_());
        x = torch::dropout(views.pooled, kDropout, is_training());
    }
    views.logits = m_linear.back()(x);
    return views;
}

torch::Tensor ResNet50V2Faces::classifierWeight() const
{
    return m_norms.empty() && !m_linear.empty() ? m_linear.back()->weight : torch::Tensor();
}

torch::Tensor ResNet50V2Faces::loss(const NetworkViews &views, const torch::Tensor &labels,
                                    const LossSettings &settings)
{
    auto loss = Network::loss(views, labels, settings);
    if (!m_norms.empty())
        for (const auto &linear : m_linear)
            loss = loss + kPenalty * linear->weight.square().sum();
    return loss;
}

void ResNet50V2Faces::train(bool on)
{
    ResNet50V2::train(on);
    evaluateFrozenParts(*this);
}

EfficientNetFaces::EfficientNetFaces(NetworkConfig config, const EfficientNetFacesLayout &layout)
    : EfficientNetV2(std::move(config), "raw255", layout.trunk, /*withClassifier=*/false)
{
    const int classes = this->config().classes;
    if (classes > 0) {
        const auto head = register_module("head", std::make_shared<torch::nn::Module>());
        const int side = mapSide(this->config().side);
        int numbers = layout.trunk.headWidth * side * side;
        for (const int width : {layout.hidden[0], layout.hidden[1], classes}) {
            m_linear.push_back(
                head->register_module("fc" + std::to_string(m_linear.size() + 1), torch::nn::Linear(numbers, width)));
            numbers = width;
        }
    }
    std::vector<std::string> lastPart{"conv_head.", "bn2."};
    const auto stage = layout.trunk.stages.size() - 1;
    for (int block = layout.firstLearningBlock; block < layout.trunk.stages.back().repeats; ++block)
        lastPart.push_back("blocks." + std::to_string(stage) + "." + std::to_string(block) + ".");
    freeze(*this, layout.fineTuning, std::move(lastPart));
}

NetworkViews EfficientNetFaces::forwardAll(NetworkInput faces)
{
    NetworkViews views = TrunkNetwork::forwardAll(imagenetNormalised(faces.images));
    if (m_linear.empty())
        return views;
    torch::Tensor x = views.features.permute({0, 2, 3, 1}).flatten(1);
    for (std::size_t i = 0; i + 1 < m_linear.size(); ++i) {
        views.pooled = m_linear[i](x).relu_();
        x = torch::dropout(views.pooled, kDropout, is_training());
    }
    views.logits = m_linear.back()(x);
    return views;
}

torch::Tensor EfficientNetFaces::loss(const NetworkViews &views, const torch::Tensor &labels,
                                      const LossSettings &settings)
{
    auto loss = Network::loss(views, labels, settings);
    if (!m_linear.empty())
        loss = loss + kPenalty * m_linear.back()->weight.square().sum();
    return loss;
}

void EfficientNetFaces::train(bool on)
{
    EfficientNetV2::train(on);
    evaluateFrozenParts(*this);
}

std::vector<NetworkPlan> fineTunedNetworkPlans()
{
    const std::string recipe = "; fine-tuned as in the AppML final project on FER2013, slides and notebooks, 2024";
    return {{.name = "resnet50v2",
             .title = "ResNet50V2 with a head for faces",
             .goodFor = "small sets of photos, by a large network that has seen ImageNet",
             .needs = "its ImageNet weights: without them most of it stays as it was drawn",
             .weights = "ResNet50V2 of Keras Applications (ImageNet, without top), saved by numpy.savez with the names "
                        "of its weights",
             .source = "He et al., Identity Mappings in Deep Residual Networks, ECCV 2016" + recipe,
             .options = {presetOption(),
                         fineTuneOption("its last 50 layers"),
                         {.name = "head",
                          .standard = "two",
                          .values = {"two", "one"},
                          .help = "two: hidden layers of 256 and 32; one: a single linear layer, which can say where a "
                                  "class is seen"},
                         {.name = "input",
                          .standard = "unit",
                          .values = {"unit", "pm1"},
                          .help = "range of the pixels: unit is 0 to 1, as published; pm1 is -1 to 1, which the "
                                  "ImageNet weights of Keras expect: taken by itself where a training starts from "
                                  "published weights (--initial), unless it is chosen"}},
             .sides = sidesOf,
             .build = buildResNet50V2},
            {.name = "efficientnetv2-b3",
             .title = "EfficientNetV2-B3 with a head for faces",
             .goodFor = "small sets of photos; of the slides' networks the most accurate",
             .needs = "its ImageNet weights; one epoch costs several of the small networks",
             .weights = "EfficientNetV2-B3 of Keras Applications (ImageNet, without top), saved by numpy.savez with "
                        "the names of its weights",
             .source = "Tan and Le, EfficientNetV2: Smaller Models and Faster Training, ICML 2021" + recipe,
             .options = {presetOption(), fineTuneOption("its last seven blocks and what follows them")},
             .sides = sidesOf,
             .build = buildEfficientNet}};
}

} // namespace mien
