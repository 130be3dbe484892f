#include "models/worker/golden_resnet.h"
#include "models/backbones/residual_blocks.h"
#include "models/backbones/resnet.h"
#include "models/losses/cross_entropy.h"
#include "models/losses/eac.h"
#include "models/networks/network.h"
#include "models/worker/golden_checks.h"

#include <algorithm>
#include <cmath>

namespace mien {
namespace {

constexpr int kMostStride = 16;

/// The file's `stride`, else the one that leads from the input's size to the output's.
int strideOf(const Fixture &fixture)
{
    if (fixture.hasOption("stride")) {
        const double stride = fixture.number("stride", 1);
        if (stride < 1 || stride > kMostStride || stride != std::floor(stride))
            throw FixtureError{"its metadata \"stride\" is no whole number from 1 to " + std::to_string(kMostStride)};
        return int(stride);
    }
    const std::int64_t height = fixture.side("input.x", 2), width = fixture.side("input.x", 3);
    for (const char *name : {"output.eval", "output.train_mode"})
        if (fixture.has(name))
            for (int stride = 1; stride < 4; ++stride)
                if ((height - 1) / stride + 1 == fixture.side(name, 2) &&
                    (width - 1) / stride + 1 == fixture.side(name, 3))
                    return stride;
    return 1;
}

ResidualBlockOptions blockOptions(const Fixture &fixture)
{
    return {.in = int(fixture.side("block.conv1.weight", 1)),
            .width = int(fixture.side("block.conv2.weight", 0)),
            .stride = strideOf(fixture),
            .eps = fixture.number("eps", 1e-5),
            .momentum = fixture.number("momentum", 0.1),
            .strideOnFirst = fixture.option("variant", "torchvision") == "vggface2"};
}

void checkBlock(Fixture &fixture, ResidualBlock &block)
{
    fixture.load(block, "block.");
    torch::Tensor x = fixture.tensor("input.x").requires_grad_();

    block.eval();
    const torch::Tensor y = block.forward(x);
    fixture.expect("output.eval", y);
    fixture.expectBackward("grad.out", y, {{"x", x}}, block);
    const auto names = fixture.names();
    if (std::none_of(names.begin(), names.end(), [](const std::string &name) {
            return name == "output.train_mode" || name.starts_with("after_train_step.");
        }))
        return; // one value a channel, which evaluation takes, has no statistics to train with
    const torch::NoGradGuard noGradient;
    block.train();
    fixture.expect("output.train_mode", block.forward(x));
    for (const auto &buffer : block.named_buffers())
        fixture.expect("after_train_step." + buffer.key(), buffer.value());
}

/// A trunk with the widths and the classifier of the fixture's weights. Without `blocks` their number is the file's,
/// too.
std::shared_ptr<ResNet> networkOf(const Fixture &fixture, bool bottleneck, std::vector<int> blocks)
{
    ResNetLayout layout = residualLayout(fixture);
    layout.bottleneck = bottleneck;
    if (!blocks.empty())
        layout.blocks = std::move(blocks);
    NetworkConfig config;
    config.name = bottleneck ? "resnet50" : "resnet18";
    config.channels = int(fixture.side("conv1.weight", 1));
    config.classes = fixture.has("fc.weight") ? int(fixture.side("fc.weight", 0)) : 0;
    return std::make_shared<ResNet>(config, layout);
}

void checkTrunk(Fixture &fixture, bool bottleneck, std::vector<int> blocks)
{
    fixture.setPrecision(Fixture::Precision::Network);
    const auto network = networkOf(fixture, bottleneck, std::move(blocks));
    fixture.load(*network);
    network->eval();
    const torch::NoGradGuard noGradient;
    const torch::Tensor x = fixture.tensor("input.x");
    const auto stages = network->stages(x);
    for (std::size_t s = 0; s < stages.size(); ++s) {
        const std::string name = "output.layer" + std::to_string(s + 1);
        fixture.expect(name, stages[s]);
        fixture.expect(name + ".channel_mean", stages[s].mean({2, 3}));
    }
    const NetworkViews views = network->forwardAll(x);
    fixture.expect("output.features", views.features);
    fixture.expect("output.features.channel_mean", views.pooled);
    fixture.expect("output.pooled", views.pooled);
    if (views.logits.defined()) {
        fixture.expect("output.logits", views.logits);
        fixture.expect("output.prob", torch::softmax(views.logits, 1));
    }
}

/// All that sections 2.2 to 2.7 derive from the maps and logits of both views.
void expectEac(Fixture &fixture, const torch::Tensor &maps, const torch::Tensor &mirrored, const torch::Tensor &logits,
               const torch::Tensor &mirroredLogits, const torch::Tensor &labels)
{
    fixture.expect("output.logits", logits);
    fixture.expect("output.logits_flip", mirroredLogits);
    fixture.expect("output.cam", maps);
    fixture.expect("output.cam_flip", mirrored);

    const torch::Tensor consistency = flipConsistencyLoss(maps, mirrored);
    fixture.expect("output.consistency_loss", consistency);

    const EacScores scores = eacScores(maps, mirrored, logits, mirroredLogits);
    fixture.expect("derived.sq_per_label", scores.squaredDistance);
    fixture.expect("derived.raw_mean", scores.squaredDistance.mean(1));
    fixture.expect("derived.normalized_per_label", scores.inconsistency);
    fixture.expect("derived.consistency_per_label", 1 - scores.inconsistency / 4);
    fixture.expect("derived.trust_per_label", scores.trust);
    fixture.expect("derived.suggested_label", eacSuggestion(scores.trust));
    if (!labels.defined())
        return;

    const auto atLabel = [&](const torch::Tensor &x) { return x.gather(1, labels.unsqueeze(1)).squeeze(1); };
    fixture.expect("derived.raw_at_label", atLabel(scores.squaredDistance));
    fixture.expect("derived.normalized_at_label", atLabel(scores.inconsistency));
    fixture.expect("derived.noise_score", eacNoise(scores.trust, labels));

    const torch::Tensor classification = crossEntropy(logits, labels);
    fixture.expect("output.ce_loss", classification);
    const torch::Tensor total = classification + fixture.number("lambda", 5) * consistency;
    for (const std::string &name : fixture.names())
        if (name.starts_with("output.total_loss"))
            fixture.expect(name, total);
}

/// The sampling grid by which the public code mirrors maps: x from 1 to -1, y from -1 to 1.
torch::Tensor mirrorGrid(std::int64_t copies, std::int64_t height, std::int64_t width, torch::TensorOptions options)
{
    const auto rising = [&](std::int64_t n) { return torch::arange(n, options) * (2.0 / double(n - 1)) - 1; };
    return torch::stack({(-rising(width)).expand({height, width}), rising(height).unsqueeze(1).expand({height, width})})
        .unsqueeze(0)
        .expand({copies, 2, height, width});
}

} // namespace

ResNetLayout residualLayout(const Fixture &fixture, const std::string &prefix, bool numbered)
{
    ResNetLayout layout;
    layout.numbered = numbered;
    if (fixture.option("variant", "torchvision") == "vggface2") {
        layout.stem = ResNetLayout::Stem::VggFace2;
        layout.strideOnFirst = true;
    }
    layout.stemWidth = int(fixture.side(prefix + (numbered ? "0.weight" : "conv1.weight"), 0));
    layout.widths.clear();
    layout.blocks.clear();
    for (int s = 0; s < 4; ++s) {
        const std::string stage = prefix + (numbered ? std::to_string(s + 4) : "layer" + std::to_string(s + 1)) + ".";
        layout.widths.push_back(int(fixture.side(stage + "0.conv1.weight", 0)));
        int count = 1;
        while (fixture.has(stage + std::to_string(count) + ".conv1.weight"))
            ++count;
        layout.blocks.push_back(count);
        layout.bottleneck = fixture.has(stage + "0.conv3.weight");
    }
    return layout;
}

void checkBasicBlock(Fixture &fixture)
{
    BasicBlock block(blockOptions(fixture));
    checkBlock(fixture, block);
}

void checkBottleneck(Fixture &fixture)
{
    Bottleneck block(blockOptions(fixture));
    checkBlock(fixture, block);
}

void checkResNet18(Fixture &fixture)
{
    checkTrunk(fixture, false, {2, 2, 2, 2});
}

void checkResNet50(Fixture &fixture)
{
    checkTrunk(fixture, true, {3, 4, 6, 3});
}

void checkEacConsistency(Fixture &fixture)
{
    torch::Tensor weight = fixture.tensor("fc.weight").requires_grad_();
    torch::Tensor bias = fixture.tensor("fc.bias").requires_grad_();
    torch::Tensor features = fixture.tensor("input.features").requires_grad_();
    torch::Tensor mirroredFeatures = fixture.tensor("input.features_flip").requires_grad_();
    const torch::Tensor labels = fixture.tensor("input.labels");

    const auto logitsOf = [&](const torch::Tensor &f) { return torch::linear(f.mean({2, 3}), weight, bias); };
    const torch::Tensor logits = logitsOf(features);
    const torch::Tensor maps = classMaps(features, weight.detach());
    const torch::Tensor mirrored = classMaps(mirroredFeatures, weight.detach());
    expectEac(fixture, maps, mirrored, logits, logitsOf(mirroredFeatures), labels);
    fixture.expect("output.flip_grid", [&] {
        return mirrorGrid(fixture.side("output.flip_grid", 0), maps.size(2), maps.size(3), maps.options());
    });

    eacLoss(features, mirroredFeatures, logits, weight, labels, fixture.number("lambda", 5)).total.backward();
    fixture.expectGradient("features", features);
    fixture.expectGradient("features_flip", mirroredFeatures);
    fixture.expectGradient("fc_weight", weight);
    fixture.expectGradient("fc_bias", bias);

    // Of the consistency loss alone, without lambda.
    torch::Tensor m = maps.detach().requires_grad_(), mirror = mirrored.detach().requires_grad_();
    flipConsistencyLoss(m, mirror).backward();
    fixture.expectGradient("cam", m);
    fixture.expectGradient("cam_flip", mirror);
}

void checkEacNetwork(Fixture &fixture)
{
    fixture.setPrecision(Fixture::Precision::Network);
    const auto network = networkOf(fixture, fixture.has("layer1.0.conv3.weight"), {});
    fixture.load(*network);
    network->eval();
    const torch::NoGradGuard noGradient;
    const torch::Tensor x = fixture.tensor("input.x");
    const torch::Tensor stored = fixture.optional("input.x_flip");
    const NetworkViews view = network->forwardAll(x);
    const NetworkViews mirrored = network->forwardAll(stored.defined() ? stored : x.flip(-1));
    const torch::Tensor weight = network->classifierWeight();
    if (!weight.defined())
        throw FixtureError{"the weight \"fc.weight\" is missing"};
    expectEac(fixture, classMaps(view.features, weight), classMaps(mirrored.features, weight), view.logits,
              mirrored.logits, fixture.optional("input.labels"));
}

} // namespace mien
