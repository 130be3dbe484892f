#include "models/losses/dan.h"
#include "models/networks/dan.h"
#include "models/worker/golden_checks.h"
#include "models/worker/golden_resnet.h"

namespace mien {
namespace {

CrossAttentionSizes sizesOf(const Fixture &fixture, const std::string &prefix)
{
    return {.channels = int(fixture.side(prefix + "sa.conv1x1.0.weight", 1)),
            .inner = int(fixture.side(prefix + "sa.conv1x1.0.weight", 0)),
            .squeezed = int(fixture.side(prefix + "ca.attention.0.weight", 0))};
}

/// DAN as large as the fixture's weights say.
std::shared_ptr<Dan> networkOf(const Fixture &fixture, bool withTrunk)
{
    DanLayout layout;
    layout.head = sizesOf(fixture, "cat_head0.");
    layout.heads = 1;
    while (fixture.has("cat_head" + std::to_string(layout.heads) + ".sa.conv1x1.0.weight"))
        ++layout.heads;
    NetworkConfig config{.name = "dan", .classes = int(fixture.side("fc.weight", 0)), .channels = 3};
    std::shared_ptr<Network> trunk;
    if (withTrunk) {
        const ResNetLayout residual = residualLayout(fixture, "features.", /*numbered=*/true);
        config.channels = int(fixture.side("features.0.weight", 1));
        NetworkConfig trunkConfig = config;
        trunkConfig.classes = 0;
        layout.trunkChannels = residual.widths.back() * (residual.bottleneck ? Bottleneck::expansion : 1);
        trunk = std::make_shared<ResNet>(trunkConfig, residual);
    }
    return std::make_shared<Dan>(config, layout, trunk);
}

/// fc and bn behind the heads.
struct Fusion : torch::nn::Module
{
    explicit Fusion(const Fixture &fixture)
        : fc(register_module("fc", torch::nn::Linear(fixture.side("fc.weight", 1), fixture.side("fc.weight", 0))))
        , bn(register_module("bn", torch::nn::BatchNorm1d(fixture.side("fc.weight", 0))))
    {
    }
    torch::nn::Linear fc;
    torch::nn::BatchNorm1d bn;
};

/// lambda_1, lambda_2, lambda_3 as "1,1,4".
DanWeights weightsOf(const Fixture &fixture)
{
    const std::vector<double> lambda = fixture.numbers("lambda", 3);
    return lambda.empty() ? DanWeights{1, 1, 4} : DanWeights{lambda[0], lambda[1], lambda[2]};
}

} // namespace

void checkCrossAttentionHead(Fixture &fixture)
{
    CrossAttentionHead head(sizesOf(fixture, "head."));
    fixture.load(head, "head.");
    head.train(fixture.option("mode", "eval") == "train");
    torch::Tensor x = fixture.tensor("input.x").requires_grad_();
    const CrossAttentionViews views = head.forward(x);
    fixture.expect("output.spatial_map", views.spatialMap);
    fixture.expect("output.sa", views.attended);
    fixture.expect("output.out", views.vector);
    fixture.expectBackward("grad.out", views.vector, {{"x", x}}, head);
    fixture.expect("output.out_train_mode", [&] {
        const torch::NoGradGuard noGradient;
        head.train();
        return head.forward(x).vector;
    });
}

void checkDanFusion(Fixture &fixture)
{
    Fusion fusion(fixture);
    fixture.load(fusion);
    fusion.eval();
    torch::Tensor heads = fixture.tensor("input.heads").requires_grad_();
    const FusedHeads fused = fuseHeads(heads, fusion.fc, fusion.bn);
    fixture.expect("output.log_softmax", fused.heads);
    fixture.expect("output.logits", fused.logits);
    fixture.expectBackward("grad.logits", fused.logits, {{"heads", heads}}, fusion);
}

void checkAffinityLoss(Fixture &fixture)
{
    torch::Tensor features = fixture.tensor("input.features").requires_grad_();
    torch::Tensor centres = fixture.tensor("centers").requires_grad_();
    const torch::Tensor loss =
        affinityLoss(features.dim() == 4 ? features.mean({2, 3}) : features, fixture.tensor("input.labels"), centres);
    fixture.expect("output.loss", loss);
    loss.backward();
    fixture.expectGradient("features", features);
    fixture.expectGradient("centers", centres);
}

/// Any number of inputs: the loss of input.heads is output.loss, that of another input.X is output.X_loss.
void checkPartitionLoss(Fixture &fixture)
{
    const std::string prefix = "input.";
    for (const std::string &name : fixture.names()) {
        if (!name.starts_with(prefix))
            continue;
        const std::string stem = name.substr(prefix.size());
        torch::Tensor heads = fixture.tensor(name).requires_grad_();
        const torch::Tensor loss = partitionLoss(heads);
        fixture.expect(stem == "heads" ? "output.loss" : "output." + stem + "_loss", loss);
        if (loss.requires_grad())
            loss.backward();
        fixture.expectGradient(stem, heads);
    }
}

void checkThesisLoss(Fixture &fixture)
{
    const auto network = networkOf(fixture, /*withTrunk=*/false);
    fixture.load(*network);
    network->eval();
    torch::Tensor first = fixture.tensor("input.features").requires_grad_();
    torch::Tensor second = fixture.tensor("input.features_flip").requires_grad_();
    torch::Tensor centres = fixture.tensor("centers").requires_grad_();
    const torch::Tensor weight = network->named_parameters()["fc.weight"];
    const NetworkViews views = network->attend(first);
    const DanLossInput input{.features = first,
                             .heads = views.parts.at("heads"),
                             .logits = views.logits,
                             .labels = fixture.tensor("input.labels"),
                             .centres = centres,
                             .weight = weight,
                             .firstViews = first,
                             .secondViews = second};
    const DanLoss loss = danLoss(input, {1, 1, 1}); // every part, whatever it weighs in the total
    const torch::Tensor total = danLoss(input, weightsOf(fixture)).total;
    fixture.expect("output.logits", views.logits);
    fixture.expect("output.heads_log_softmax", views.parts.at("heads"));
    fixture.expect("output.loss_cls", loss.classification);
    fixture.expect("output.loss_affinity", loss.affinity);
    fixture.expect("output.loss_partition", loss.partition);
    fixture.expect("output.loss_consistency", loss.consistency);
    fixture.expect("output.loss_total", total);
    total.backward();
    fixture.expectGradient("features", first);
    fixture.expectGradient("features_flip", second);
    fixture.expectGradient("centers", centres);
    fixture.expectGradients(*network);
}

void checkDanNetwork(Fixture &fixture)
{
    fixture.setPrecision(Fixture::Precision::Network);
    const auto network = networkOf(fixture, /*withTrunk=*/true);
    fixture.load(*network);
    network->eval();
    const torch::NoGradGuard noGradient;
    const NetworkViews views = network->forwardAll(fixture.tensor("input.x"));
    fixture.expect("output.logits", views.logits);
    fixture.expect("output.prob", [&] { return torch::softmax(views.logits, 1); });
    fixture.expect("output.features", views.features);
    fixture.expect("output.heads_log_softmax", views.parts.at("heads"));
    fixture.expect("output.spatial_maps", views.parts.at("spatial_maps"));
}

} // namespace mien
