#include "models/networks/network.h"

#include "models/backbones/resnet.h"
#include "models/detect/mtcnn_catalogue.h"
#include "models/networks/network_options.h"

#include <algorithm>

namespace mien {
namespace {

/// Everything known about a network before it is built.
struct Plan
{
    std::string name;
    std::string kind;
    std::string title;
    std::string source;
    std::vector<int> channels; ///< First: the default.
    int side = 224;
    int leastSide = 32;
    int classes = 7;
    std::vector<NetworkOption> options;
    std::shared_ptr<Network> (*build)(const NetworkConfig &);
};

NetworkOption presetOption()
{
    return {.name = "preset",
            .standard = "default",
            .values = {"default", "tiny"},
            .help = "tiny: a narrow copy that trains in seconds, for tests"};
}

NetworkOption variantOption()
{
    return {.name = "variant",
            .standard = "torchvision",
            .values = {"torchvision", "vggface2"},
            .help = "vggface2: stride on the first 1x1 convolution and unpadded max pool, for weights of that origin"};
}

ResNetLayout basicLayout(const NetworkConfig &config)
{
    ResNetLayout layout;
    if (config.options.at("variant") == "vggface2")
        layout.stem = ResNetLayout::Stem::VggFace2;
    if (config.options.at("preset") == "tiny") {
        layout.stemWidth = 16;
        layout.widths = {16, 32, 64, 128};
        layout.blocks = {1, 1, 1, 1};
    }
    return layout;
}

std::shared_ptr<Network> buildResNet18(const NetworkConfig &config)
{
    return std::make_shared<ResNet>(config, basicLayout(config));
}

std::shared_ptr<Network> buildResNet50(const NetworkConfig &config)
{
    ResNetLayout layout = basicLayout(config);
    layout.bottleneck = true;
    layout.strideOnFirst = config.options.at("variant") == "vggface2";
    if (config.options.at("preset") != "tiny")
        layout.blocks = {3, 4, 6, 3};
    return std::make_shared<ResNet>(config, layout);
}

std::shared_ptr<Network> buildCompact(const NetworkConfig &config)
{
    const bool tiny = config.options.at("preset") == "tiny";
    const int width = tiny ? 16 : config.options.at("width").get<int>();
    const int blocks = tiny ? 1 : config.options.at("blocks").get<int>();
    ResNetLayout layout;
    layout.stem = config.options.at("stem") == "pool" ? ResNetLayout::Stem::CompactPool : ResNetLayout::Stem::Compact;
    layout.stemWidth = width;
    layout.widths = {width, 2 * width, 4 * width};
    layout.blocks = {blocks, blocks, blocks};
    return std::make_shared<ResNet>(config, layout);
}

const std::vector<Plan> &plans()
{
    static const std::vector<Plan> all{
        {.name = "eac-compact",
         .kind = "network",
         .title = "EAC on a compact residual network for small faces",
         .source = "Zhang et al., Learn From All: Erasing Attention Consistency, ECCV 2022; trunk our own",
         .channels = {1, 3},
         .side = 48,
         .options = {presetOption(),
                     {.name = "width",
                      .type = NetworkOption::Type::Integer,
                      .standard = 32,
                      .least = 8,
                      .most = 128,
                      .help = "channels of the first stage; the next two have twice and four times as many"},
                     {.name = "blocks",
                      .type = NetworkOption::Type::Integer,
                      .standard = 2,
                      .least = 1,
                      .most = 6,
                      .help = "residual blocks in each stage"},
                     {.name = "stem",
                      .standard = "stride",
                      .values = {"stride", "pool"},
                      .help = "pool: first convolution at full resolution, about a fifth slower"}},
         .build = buildCompact},
        {.name = "eac-resnet18",
         .kind = "network",
         .title = "EAC on ResNet-18",
         .source = "Zhang et al., Learn From All: Erasing Attention Consistency, ECCV 2022",
         .channels = {3},
         .options = {presetOption(), variantOption()},
         .build = buildResNet18},
        {.name = "eac-resnet50",
         .kind = "network",
         .title = "EAC on ResNet-50",
         .source = "Zhang et al., Learn From All: Erasing Attention Consistency, ECCV 2022",
         .channels = {3},
         .options = {presetOption(), variantOption()},
         .build = buildResNet50},
        {.name = "resnet18",
         .kind = "trunk",
         .title = "ResNet-18",
         .source = "He et al., Deep Residual Learning for Image Recognition, CVPR 2016",
         .channels = {3},
         .classes = 1000,
         .options = {presetOption(), variantOption()},
         .build = buildResNet18},
        {.name = "resnet50",
         .kind = "trunk",
         .title = "ResNet-50 (stride on the 3x3 convolution)",
         .source = "He et al., Deep Residual Learning for Image Recognition, CVPR 2016",
         .channels = {3},
         .classes = 1000,
         .options = {presetOption(), variantOption()},
         .build = buildResNet50},
    };
    return all;
}

Result<const Plan *> planNamed(const std::string &name)
{
    for (const Plan &plan : plans())
        if (plan.name == name)
            return &plan;
    if (detectorStage(name))
        return fail(ErrorCode::Invalid, name + " is part of the face detector: it is used as published, not trained.");
    std::string known;
    for (const Plan &plan : plans())
        known += (known.empty() ? "" : ", ") + plan.name;
    for (const std::string &detector : detectorNames())
        known += ", " + detector;
    return fail(ErrorCode::Invalid, "There is no network \"" + name + "\"; there are: " + known + ".");
}

Result<NetworkConfig> completed(const Plan &plan, NetworkConfig config)
{
    if (config.channels == 0)
        config.channels = plan.channels.front();
    if (config.side == 0)
        config.side = plan.side;
    if (std::find(plan.channels.begin(), plan.channels.end(), config.channels) == plan.channels.end())
        return fail(ErrorCode::Invalid, "Network " + plan.name + " does not take pictures of " +
                                            std::to_string(config.channels) + " channels.");
    if (config.side < plan.leastSide || config.side > 1024)
        return fail(ErrorCode::Invalid, "Network " + plan.name + " takes faces of " + std::to_string(plan.leastSide) +
                                            " to 1024 pixels, not " + std::to_string(config.side) + ".");
    if (config.classes < 0 || config.classes > 100'000)
        return fail(ErrorCode::Invalid, "A network cannot have " + std::to_string(config.classes) + " classes.");
    auto options = completeOptions(plan.options, config.options, plan.name);
    if (!options)
        return fail(options.error());
    config.options = std::move(*options);
    return config;
}

std::int64_t numbers(const std::vector<torch::Tensor> &tensors)
{
    std::int64_t sum = 0;
    for (const auto &tensor : tensors)
        sum += tensor.numel();
    return sum;
}

nlohmann::json describe(const Plan &plan, const Network &network)
{
    std::vector<torch::Tensor> trainable, statistics;
    for (const auto &parameter : network.parameters())
        if (parameter.requires_grad())
            trainable.push_back(parameter);
    for (const auto &buffer : network.named_buffers())
        if (!buffer.key().ends_with("num_batches_tracked"))
            statistics.push_back(buffer.value());
    auto options = nlohmann::json::array();
    for (const NetworkOption &option : plan.options)
        options.push_back(option.row());
    const NetworkConfig &config = network.config();
    return {{"network", plan.name},
            {"kind", plan.kind},
            {"title", plan.title},
            {"source", plan.source},
            {"classes", config.classes},
            {"input", {config.channels, config.side, config.side}},
            {"normalisation", network.normalisation()},
            {"parameters", numbers(network.parameters())},
            {"trainable", numbers(trainable)},
            {"buffers", numbers(statistics)},
            {"settings", config.options},
            {"options", options}};
}

} // namespace

torch::Tensor classMaps(const torch::Tensor &features, const torch::Tensor &weight)
{
    return torch::matmul(weight, features.flatten(2)).unflatten(2, {features.size(2), features.size(3)});
}

Result<std::shared_ptr<Network>> makeNetwork(const NetworkConfig &config)
{
    const auto plan = planNamed(config.name);
    if (!plan)
        return fail(plan.error());
    const auto complete = completed(**plan, config);
    if (!complete)
        return fail(complete.error());
    return (*plan)->build(*complete);
}

std::vector<std::string> networkNames()
{
    std::vector<std::string> names;
    for (const Plan &plan : plans())
        names.push_back(plan.name);
    return names;
}

Result<nlohmann::json> describeNetwork(const NetworkConfig &config)
{
    if (const auto stage = detectorStage(config.name)) {
        if (const auto options = completeOptions({}, config.options, config.name); !options)
            return fail(options.error());
        return detectorRow(*stage);
    }
    const auto plan = planNamed(config.name);
    if (!plan)
        return fail(plan.error());
    const auto network = makeNetwork(config);
    if (!network)
        return fail(network.error());
    return describe(**plan, **network);
}

std::vector<nlohmann::json> networkCatalogue()
{
    std::vector<nlohmann::json> rows;
    for (const Plan &plan : plans())
        rows.push_back(*describeNetwork({.name = plan.name, .classes = plan.classes}));
    for (const MtcnnStage stage : allMtcnnStages)
        rows.push_back(detectorRow(stage));
    return rows;
}

} // namespace mien
