#include "models/networks/dan.h"

#include "models/backbones/normalised_convolution.h"
#include "models/backbones/residual_blocks.h"
#include "models/backbones/resnet.h"
#include "models/losses/dan.h"

#include <utility>

namespace mien {
namespace {

/// A module that only holds others, for the names of the published checkpoints.
using Group = torch::nn::Module;

torch::nn::Sequential normalisedConvolution(int in, int out, int height, int width)
{
    return torch::nn::Sequential(PackableConv2d(torch::nn::Conv2dOptions(in, out, {height, width})
                                                    .padding(torch::ExpandingArray<2>({height / 2, width / 2}))),
                                 torch::nn::BatchNorm2d(out));
}

/// The convolution of such a pair with the normalisation in it.
PackableConv2d foldedPair(const torch::nn::Sequential &pair)
{
    return folded(*std::dynamic_pointer_cast<torch::nn::Conv2dImpl>(pair->ptr(0)),
                  torch::nn::BatchNorm2d(std::dynamic_pointer_cast<torch::nn::BatchNorm2dImpl>(pair->ptr(1))));
}

/// Puts a normalisation behind a linear layer into it.
void foldInto(torch::nn::Linear &linear, const torch::nn::BatchNorm1d &normalisation)
{
    const torch::NoGradGuard noGradients;
    const auto scale = normalisation->weight / (normalisation->running_var + normalisation->options.eps()).sqrt();
    linear->bias.set_data((linear->bias - normalisation->running_mean) * scale + normalisation->bias);
    linear->weight.set_data(linear->weight * scale.unsqueeze(1));
}

} // namespace

CrossAttentionHead::CrossAttentionHead(const CrossAttentionSizes &sizes)
    : m_spatial(register_module("sa", std::make_shared<Group>()))
    , m_reduce(m_spatial->register_module("conv1x1", normalisedConvolution(sizes.channels, sizes.inner, 1, 1)))
    , m_square(m_spatial->register_module("conv_3x3", normalisedConvolution(sizes.inner, sizes.channels, 3, 3)))
    , m_row(m_spatial->register_module("conv_1x3", normalisedConvolution(sizes.inner, sizes.channels, 1, 3)))
    , m_column(m_spatial->register_module("conv_3x1", normalisedConvolution(sizes.inner, sizes.channels, 3, 1)))
    , m_channel(torch::nn::Linear(sizes.channels, sizes.squeezed), torch::nn::BatchNorm1d(sizes.squeezed),
                torch::nn::ReLU(), torch::nn::Linear(sizes.squeezed, sizes.channels), torch::nn::Sigmoid())
{
    register_module("ca", std::make_shared<Group>())->register_module("attention", m_channel);
    for (const auto &module : modules(/*include_self=*/false)) {
        if (auto *convolution = module->as<torch::nn::Conv2d>()) {
            torch::nn::init::kaiming_normal_(convolution->weight, 0, torch::kFanOut, torch::kReLU);
            torch::nn::init::zeros_(convolution->bias);
        } else if (auto *linear = module->as<torch::nn::Linear>()) {
            torch::nn::init::normal_(linear->weight, 0, 0.001);
            torch::nn::init::zeros_(linear->bias);
        }
    }
}

CrossAttentionViews CrossAttentionHead::forward(const torch::Tensor &map)
{
    const torch::Tensor inner = m_reduce->forward(map); // no ReLU here
    const torch::Tensor branches =
        m_branches ? m_branches(inner) : m_square->forward(inner) + m_row->forward(inner) + m_column->forward(inner);
    CrossAttentionViews views;
    views.spatialMap = branches.relu().sum(1, /*keepdim=*/true);
    views.attended = map * views.spatialMap;
    const torch::Tensor pooled = views.attended.mean({2, 3});
    views.vector = pooled * m_channel->forward(pooled);
    return views;
}

void CrossAttentionHead::foldNormalisation()
{
    if (m_branches)
        return;
    const torch::NoGradGuard noGradients;
    auto square = foldedPair(m_square);
    const auto row = foldedPair(m_row), column = foldedPair(m_column);
    square->weight.narrow(2, 1, 1).add_(row->weight);
    square->weight.narrow(3, 1, 1).add_(column->weight);
    square->bias.add_(row->bias).add_(column->bias);
    m_reduce = m_spatial->replace_module("conv1x1", torch::nn::Sequential(foldedPair(m_reduce)));
    m_branches = m_spatial->register_module("branches", square);
    for (const char *name : {"conv_3x3", "conv_1x3", "conv_3x1"})
        m_spatial->unregister_module(name);

    torch::nn::Linear squeeze(std::dynamic_pointer_cast<torch::nn::LinearImpl>(m_channel->ptr(0)));
    foldInto(squeeze, torch::nn::BatchNorm1d(std::dynamic_pointer_cast<torch::nn::BatchNorm1dImpl>(m_channel->ptr(1))));
    m_channel = named_children()["ca"]->replace_module(
        "attention",
        torch::nn::Sequential(squeeze, torch::nn::ReLU(),
                              torch::nn::Linear(std::dynamic_pointer_cast<torch::nn::LinearImpl>(m_channel->ptr(3))),
                              torch::nn::Sigmoid()));
}

FusedHeads fuseHeads(const torch::Tensor &vectors, torch::nn::Linear &classifier, torch::nn::BatchNorm1d &normalisation)
{
    FusedHeads fused;
    fused.heads = vectors.size(1) > 1 ? torch::log_softmax(vectors, 1) : vectors;
    fused.pooled = fused.heads.sum(1);
    fused.logits = classifier(fused.pooled);
    if (normalisation)
        fused.logits = normalisation(fused.logits);
    return fused;
}

Dan::Dan(NetworkConfig config, const DanLayout &layout, std::shared_ptr<Network> trunk)
    : Network(std::move(config), trunk ? trunk->normalisation() : "imagenet")
    , m_layout(layout)
    , m_trunk(std::move(trunk))
    , m_fc(nullptr)
    , m_bn(nullptr)
{
    if (m_trunk) {
        register_module("features", m_trunk);
        if (layout.trunkChannels != layout.head.channels) {
            m_reduce = torch::nn::Sequential(
                PackableConv2d(torch::nn::Conv2dOptions(layout.trunkChannels, layout.head.channels, 1).bias(false)),
                torch::nn::BatchNorm2d(layout.head.channels));
            register_module("reduce", m_reduce);
            torch::nn::init::kaiming_normal_(m_reduce->named_parameters()["0.weight"], 0, torch::kFanOut, torch::kReLU);
        }
    }
    for (int h = 0; h < layout.heads; ++h)
        m_heads.push_back(
            register_module("cat_head" + std::to_string(h), std::make_shared<CrossAttentionHead>(layout.head)));
    const int classes = this->config().classes;
    if (classes == 0)
        return;
    m_fc = register_module("fc", torch::nn::Linear(layout.head.channels, classes));
    m_bn = register_module("bn", torch::nn::BatchNorm1d(classes));
    auto state = std::make_shared<Group>();
    m_centres = state->register_parameter("centers", torch::randn({classes, layout.head.channels}));
    keepLossState(state);
    if (layout.classMaps)
        m_mapWeight = m_fc->weight;
}

torch::Tensor Dan::map(NetworkInput faces)
{
    TORCH_CHECK(m_trunk, "this DAN has no trunk");
    const torch::Tensor features = m_trunk->forwardAll(std::move(faces)).features;
    return m_reduce ? m_reduce->forward(features) : features;
}

NetworkViews Dan::attend(const torch::Tensor &map)
{
    NetworkViews views;
    views.features = map;
    std::vector<torch::Tensor> vectors, maps;
    for (const auto &head : m_heads) {
        const CrossAttentionViews seen = head->forward(map);
        vectors.push_back(seen.vector);
        views.parts["attended" + std::to_string(maps.size())] = seen.attended;
        maps.push_back(seen.spatialMap);
    }
    views.parts["spatial_maps"] = torch::cat(maps, 1);
    const torch::Tensor stacked = torch::stack(vectors, 1);
    if (!m_fc) {
        views.parts["heads"] = stacked.size(1) > 1 ? torch::log_softmax(stacked, 1) : stacked;
        views.pooled = views.parts["heads"].sum(1);
        return views;
    }
    FusedHeads fused = fuseHeads(stacked, m_fc, m_bn);
    views.parts["heads"] = std::move(fused.heads);
    views.pooled = std::move(fused.pooled);
    views.logits = std::move(fused.logits);
    return views;
}

NetworkViews Dan::forwardAll(NetworkInput faces)
{
    return attend(map(std::move(faces)));
}

NetworkViews Dan::forwardTraining(NetworkInput faces, std::int64_t samples, const LossSettings &settings)
{
    const torch::Tensor features = map(std::move(faces));
    NetworkViews views = attend(settings.classifyBoth ? features : features.narrow(0, 0, samples));
    views.features = features;
    return views;
}

torch::Tensor Dan::loss(const NetworkViews &views, const torch::Tensor &labels, const LossSettings &settings)
{
    const auto size = labels.size(0), classified = views.logits.size(0);
    const auto maps = views.features.to(torch::kFloat32);
    DanLossInput input{.features = maps.narrow(0, 0, classified),
                       .heads = views.parts.at("heads").to(torch::kFloat32),
                       .logits = views.logits.to(torch::kFloat32),
                       .labels = classified > size ? labels.repeat({2}) : labels,
                       .targets = settings.targetsOr(labels, classified > size),
                       .centres = m_centres,
                       .weight = m_fc->weight};
    if (maps.size(0) > size) {
        input.firstViews = maps.narrow(0, 0, size);
        input.secondViews = maps.narrow(0, size, size);
    }
    return danLoss(input, {m_layout.affinity, m_layout.partition, settings.lambda}, settings.labelSmoothing,
                   settings.classWeights, settings.weighting)
        .total;
}

std::vector<PartMaps> Dan::partMaps() const
{
    PartMaps maps{.kind = "heads", .names = {}};
    for (std::size_t head = 0; head < m_heads.size(); ++head)
        maps.names.push_back("head" + std::to_string(head + 1));
    return {maps};
}

PartViews Dan::partViews(NetworkInput faces, const std::string &)
{
    const NetworkViews views = forwardAll(std::move(faces));
    return {views.parts.at("spatial_maps"), views.logits};
}

std::vector<torch::Tensor> Dan::explainedLayers(const NetworkViews &views) const
{
    std::vector<torch::Tensor> layers;
    for (std::size_t head = 0; head < m_heads.size(); ++head)
        layers.push_back(views.parts.at("attended" + std::to_string(head)));
    return layers;
}

void Dan::foldNormalisation()
{
    if (m_folded)
        return;
    m_folded = true;
    if (m_trunk)
        m_trunk->foldNormalisation();
    if (m_reduce)
        m_reduce = replace_module("reduce", torch::nn::Sequential(foldedPair(m_reduce)));
    for (const auto &head : m_heads)
        head->foldNormalisation();
    if (!m_fc)
        return;
    if (m_mapWeight.defined()) // the maps are those of the weights as they were trained
        m_mapWeight = register_buffer("map_weight", m_mapWeight.detach().clone());
    foldInto(m_fc, m_bn);
    unregister_module("bn");
    m_bn = nullptr;
}

namespace {

struct Trunk
{
    std::shared_ptr<Network> network;
    int channels; ///< Of its map.
};

Trunk residualTrunk(NetworkConfig config, bool tiny)
{
    ResNetLayout layout{.numbered = true};
    layout.bottleneck = config.name == "resnet50";
    if (tiny) {
        layout.stemWidth = 16;
        layout.widths = {16, 32, 64, 64};
        layout.blocks = {1, 1, 1, 1};
    } else if (layout.bottleneck) {
        layout.blocks = {3, 4, 6, 3};
    }
    const int channels = layout.widths.back() * (layout.bottleneck ? Bottleneck::expansion : 1);
    return {std::make_shared<ResNet>(std::move(config), layout), channels};
}

Trunk trunkOf(const NetworkConfig &config)
{
    const bool tiny = isTiny(config);
    NetworkConfig trunk{.name = config.options.at("trunk").get<std::string>(),
                        .classes = 0,
                        .channels = config.channels,
                        .side = config.side,
                        .options = {{"preset", config.options.at("preset")}}};
    if (trunk.name.starts_with("resnet"))
        return residualTrunk(std::move(trunk), tiny);
    auto made = makeNetwork(trunk);
    TORCH_CHECK(made, "a trunk takes what sides() allows");
    if (trunk.name == "inception-v3")
        return {std::move(*made), tiny ? 256 : 2048};
    return {std::move(*made), tiny ? 48 : 768};
}

std::shared_ptr<Network> buildDan(const NetworkConfig &config)
{
    Trunk trunk = trunkOf(config);
    return std::make_shared<Dan>(config,
                                 DanLayout{.head = CrossAttentionSizes::of(isTiny(config) ? 64 : 512),
                                           .heads = config.options.at("heads").get<int>(),
                                           .trunkChannels = trunk.channels,
                                           .affinity = config.options.at("affinity").get<double>(),
                                           .partition = config.options.at("partition").get<double>(),
                                           .classMaps = config.name == "thesis"},
                                 std::move(trunk.network));
}

SideRange danSides(const nlohmann::json &options)
{
    const bool tiny = options.at("preset") == "tiny";
    if (options.at("trunk") == "vit-base32")
        return tiny ? SideRange{.standard = 48, .least = 16, .most = 64, .step = 8}
                    : SideRange{.standard = 224, .least = 64, .most = 512, .step = 32};
    if (options.at("trunk") == "inception-v3")
        return {.standard = tiny ? 64 : 224, .least = tiny ? 43 : 75};
    return {.standard = tiny ? 64 : 224};
}

std::vector<NetworkOption> danOptions()
{
    const auto weight = [](const std::string &name, const std::string &what) {
        return NetworkOption{.name = name,
                             .type = NetworkOption::Type::Number,
                             .standard = 1.0,
                             .least = 0,
                             .most = 100,
                             .help = "weight of the " + name + " loss, which " + what + "; 0: without"};
    };
    return {presetOption(),
            {.name = "heads",
             .type = NetworkOption::Type::Integer,
             .standard = 4,
             .least = 1,
             .most = 16,
             .help = "attention heads, each of which may look at another part of the face"},
            {.name = "trunk",
             .standard = "resnet18",
             .values = {"resnet18", "resnet50", "inception-v3", "vit-base32"},
             .help = "what makes the feature map that the heads look at; other than resnet18 through a 1x1 reduction"},
            weight("affinity", "draws features to the centre of their class"),
            weight("partition", "drives the heads apart")};
}

} // namespace

std::vector<NetworkPlan> danPlans()
{
    return {{.name = "dan",
             .title = "DAN: several attention heads, each on its own part of the face",
             .goodFor = "photos of faces of all kinds, where one look at the whole face is not enough",
             .needs = "a GPU for more than a few thousand faces; ResNet-18 weights help much",
             .weights = "ResNet-18 of torchvision (ImageNet, IMAGENET1K_V1, BSD-3-Clause), or the one for faces "
                        "(MS-Celeb-1M) that the authors of EAC and DAN offer beside their code",
             .source = "Wen et al., Distract Your Attention: Multi-head Cross Attention Network for Facial Expression "
                       "Recognition, Biomimetics 2023",
             .options = danOptions(),
             .sides = danSides,
             .build = buildDan},
            {.name = "thesis",
             .title = "DAN with attention consistency, for ambiguous labels",
             .goodFor = "data with many wrong labels: DAN's heads, and the maps that tell noisy faces",
             .needs = "a GPU for more than a few thousand faces; ResNet-18 weights help much",
             .weights = "ResNet-18 or another trunk of torchvision (ImageNet, BSD-3-Clause), or the ResNet-18 for "
                        "faces that the authors of DAN offer beside their code",
             .source = "Thesis on multi-head cross attention with attention consistency: DAN's heads and losses, EAC's "
                       "consistency of mirrored class maps",
             .options = danOptions(),
             .sides = danSides,
             .build = buildDan}};
}

} // namespace mien
