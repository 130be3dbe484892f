#include "models/backbones/efficientnet_v2.h"
#include "models/backbones/inception_v3.h"
#include "models/backbones/resnet50_v2.h"
#include "models/backbones/vgg.h"
#include "models/worker/golden_checks.h"

#include <algorithm>

namespace mien {
namespace {

/// The configuration of the fixture's network: its channels are those that `first` takes, its classes those of `last`.
NetworkConfig configOf(const Fixture &fixture, const std::string &first, const std::string &last)
{
    NetworkConfig config;
    config.channels = int(fixture.side(first, 1));
    config.classes = fixture.has(last) ? int(fixture.side(last, 0)) : 0;
    config.side = int(fixture.side("input.x", 2));
    return config;
}

int countOf(const Fixture &fixture, const std::string &before, const std::string &after, int first)
{
    int count = 0;
    while (fixture.has(before + std::to_string(first + count) + after))
        ++count;
    return count;
}

/// What every trunk gives: map, mean and, with a classifier, logits.
void expectViews(Fixture &fixture, const NetworkViews &views)
{
    fixture.expect("output.features.channel_mean", [&] { return views.features.mean({2, 3}); });
    fixture.expect("output.features", views.features);
    fixture.expect("output.pooled", views.pooled);
    if (views.logits.defined()) {
        fixture.expect("output.logits", views.logits);
        fixture.expect("output.prob", torch::softmax(views.logits, 1));
    }
}

VggLayout vggLayout(const Fixture &fixture)
{
    VggLayout layout{.head = fixture.has("fc.weight") ? VggLayout::Head::Gap : VggLayout::Head::Full,
                     .widths = {},
                     .convolutions = {}};
    const auto name = [](int position) { return "features." + std::to_string(position) + ".weight"; };
    for (int position = 0; fixture.has(name(position)); ++position) { // one position more: the max pool
        layout.widths.push_back(int(fixture.side(name(position), 0)));
        int convolutions = 0;
        for (; fixture.has(name(position)); position += 2)
            ++convolutions;
        layout.convolutions.push_back(convolutions);
    }
    for (const int i : {0, 1})
        if (const auto hidden = "classifier." + std::to_string(3 * i) + ".weight"; fixture.has(hidden))
            layout.hidden[std::size_t(i)] = int(fixture.side(hidden, 0));
    return layout;
}

EfficientNetV2Layout efficientNetLayout(const Fixture &fixture)
{
    using Block = EfficientNetV2Layout::Block;
    EfficientNetV2Layout layout;
    layout.stemWidth = int(fixture.side("conv_stem.weight", 0));
    layout.headWidth = int(fixture.side("conv_head.weight", 0));
    for (std::size_t s = 0; s < layout.stages.size(); ++s) {
        EfficientNetV2Layout::Stage &stage = layout.stages[s];
        const std::string blocks = "blocks." + std::to_string(s) + ".";
        const char *first = stage.block == Block::Plain   ? "conv.weight"
                            : stage.block == Block::Fused ? "conv_exp.weight"
                                                          : "conv_pw.weight";
        const char *last = stage.block == Block::Plain ? "conv.weight" : "conv_pwl.weight";
        stage.repeats = countOf(fixture, blocks, std::string(".") + first, 0);
        stage.width = int(fixture.side(blocks + "0." + last, 0));
        stage.expansion = stage.block == Block::Plain
                              ? 1
                              : int(fixture.side(blocks + "0." + first, 0) /
                                    std::max<std::int64_t>(1, fixture.side(blocks + "0." + first, 1)));
    }
    return layout;
}

ResNet50V2Layout resNet50V2Layout(const Fixture &fixture)
{
    ResNet50V2Layout layout;
    layout.stemWidth = int(fixture.side("conv1_conv.weight", 0));
    for (std::size_t s = 0; s < layout.widths.size(); ++s) {
        const std::string stack = "conv" + std::to_string(s + 2) + "_block";
        layout.widths[s] = int(fixture.side(stack + "1_1_conv.weight", 0));
        layout.blocks[s] = countOf(fixture, stack, "_1_conv.weight", 1);
    }
    return layout;
}

} // namespace

void checkVgg19(Fixture &fixture)
{
    fixture.setPrecision(Fixture::Precision::Network);
    const auto layout = vggLayout(fixture);
    const char *last = layout.head == VggLayout::Head::Gap ? "fc.weight" : "classifier.6.weight";
    Vgg network(configOf(fixture, "features.0.weight", last), layout);
    fixture.load(network);
    network.eval();
    const torch::NoGradGuard noGradient;
    expectViews(fixture, network.forwardAll(fixture.tensor("input.x")));
}

void checkEfficientNetV2(Fixture &fixture)
{
    fixture.setPrecision(Fixture::Precision::Network);
    EfficientNetV2 network(configOf(fixture, "conv_stem.weight", "classifier.weight"), "imagenet",
                           efficientNetLayout(fixture));
    fixture.load(network);
    network.eval();
    const torch::NoGradGuard noGradient;
    const auto x = fixture.tensor("input.x");
    expectViews(fixture, network.forwardAll(x));
    auto maps = network.maps(x);
    maps.pop_back(); // the last map, after the stages
    for (std::size_t s = 0; s < maps.size(); ++s)
        fixture.expect("output.blocks." + std::to_string(s) + ".channel_mean", maps[s].mean({2, 3}));
}

void checkResNet50V2(Fixture &fixture)
{
    fixture.setPrecision(Fixture::Precision::Network);
    ResNet50V2 network(configOf(fixture, "conv1_conv.weight", ""), "pm1", resNet50V2Layout(fixture));
    fixture.load(network);
    network.eval();
    const torch::NoGradGuard noGradient;
    const auto x = fixture.tensor("input.x");
    expectViews(fixture, network.forwardAll(x));
    for (const auto &[name, map] : network.blockMaps(x))
        fixture.expect("output." + name + ".channel_mean", map.mean({2, 3}));
}

void checkInceptionV3(Fixture &fixture)
{
    fixture.setPrecision(Fixture::Precision::Network);
    InceptionV3Layout layout;
    layout.auxiliaryClassifier = fixture.has("AuxLogits.fc.weight");
    InceptionV3 network(configOf(fixture, "Conv2d_1a_3x3.conv.weight", "fc.weight"), layout);
    fixture.load(network);
    network.eval();
    const torch::NoGradGuard noGradient;
    expectViews(fixture, network.forwardAll(fixture.tensor("input.x")));
}

} // namespace mien
