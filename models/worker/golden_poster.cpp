#include "models/networks/poster.h"
#include "models/worker/golden_checks.h"

#include <cmath>

namespace mien {
namespace {

/// Children `prefix0`, `prefix1`, … that have a tensor `tensor`.
int countOf(const Fixture &fixture, const std::string &prefix, const std::string &tensor)
{
    int count = 0;
    while (fixture.has(prefix + std::to_string(count) + tensor))
        ++count;
    return count;
}

/// Side of a window, from a table of (2w - 1)² relative positions.
int windowOf(const Fixture &fixture, const std::string &table)
{
    const auto rows = fixture.side(table, 0);
    const auto span = std::int64_t(std::lround(std::sqrt(double(rows))));
    if (span * span != rows || span % 2 == 0)
        throw FixtureError{"\"" + table + "\" does not belong to square windows"};
    return int((span + 1) / 2);
}

WindowLevel levelOf(const Fixture &fixture, const std::string &attention)
{
    const std::string table = attention + ".relative_position_bias_table";
    return {.width = int(fixture.side(attention + ".proj.weight", 0)),
            .heads = int(fixture.side(table, 1)),
            .window = windowOf(fixture, table)};
}

Ir50Layout imageLayout(const Fixture &fixture)
{
    Ir50Layout layout;
    layout.stemWidth = int(fixture.side("ir_back.input_layer.0.weight", 0));
    for (std::size_t b = 0; b < layout.widths.size(); ++b) {
        const std::string body = "ir_back.body" + std::to_string(b + 1) + ".";
        layout.widths[b] = int(fixture.side(body + "0.res_layer.1.weight", 0));
        layout.units[b] = countOf(fixture, body, ".res_layer.1.weight");
    }
    return layout;
}

MobileFaceNetLayout landmarkLayout(const Fixture &fixture)
{
    const std::string trunk = "face_landback.";
    MobileFaceNetLayout layout;
    layout.stemWidth = int(fixture.side(trunk + "conv1.conv.weight", 0));
    layout.lastWidth = int(fixture.side(trunk + "conv_6_sep.conv.weight", 0));
    for (std::size_t s = 0; s < layout.stages.size(); ++s) {
        const std::string halving = trunk + "conv_" + std::to_string(s + 2) + std::to_string(s + 3);
        const std::string model = trunk + "conv_" + std::to_string(s + 3) + ".model.";
        layout.stages[s] = {.width = int(fixture.side(halving + ".project.conv.weight", 0)),
                            .halvingGroups = int(fixture.side(halving + ".conv.conv.weight", 0)),
                            .blocks = countOf(fixture, model, ".conv.conv.weight"),
                            .groups = int(fixture.side(model + "0.conv.conv.weight", 0))};
    }
    return layout;
}

/// window, attn, ffn.
struct WindowBlock : torch::nn::Module
{
    explicit WindowBlock(const WindowLevel &level)
        : partition(register_module("window", std::make_shared<WindowPartition>(level)))
        , attention(register_module("attn", std::make_shared<WindowCrossAttention>(level)))
        , feedForward(register_module("ffn", std::make_shared<WindowFeedForward>(level)))
    {
    }
    std::shared_ptr<WindowPartition> partition;
    std::shared_ptr<WindowCrossAttention> attention;
    std::shared_ptr<WindowFeedForward> feedForward;
};

void expectMaps(Fixture &fixture, const std::string &name, const std::array<torch::Tensor, 3> &maps)
{
    for (std::size_t i = 0; i < maps.size(); ++i) {
        const std::string output = "output." + name + std::to_string(i + 1);
        fixture.expect(output, maps[i]);
        fixture.expect(output + ".channel_mean", maps[i].mean({2, 3}));
        fixture.expect(output + ".corner4", maps[i].slice(2, 0, 4).slice(3, 0, 4));
    }
}

} // namespace

void checkWindowCrossAttention(Fixture &fixture)
{
    WindowBlock block(levelOf(fixture, "attn"));
    fixture.load(block);
    block.eval();
    torch::Tensor image = fixture.tensor("input.image_features").requires_grad_();
    torch::Tensor landmarks = fixture.tensor("input.landmark_features").requires_grad_();
    const auto partition = block.partition->forward(image);
    const auto query = block.attention->query(landmarks);
    const auto attended = block.attention->forward(partition.windows, query);
    const auto out = block.feedForward->forward(attended, partition.shortcut);
    fixture.expect("output.windows", partition.windows);
    fixture.expect("output.shortcut", partition.shortcut);
    fixture.expect("output.query", query);
    fixture.expect("output.attn", attended);
    fixture.expect("output.attention_map_mean_heads", [&] {
        const torch::NoGradGuard noGradient;
        torch::Tensor weights;
        block.attention->forward(partition.windows, query, &weights);
        return weights.mean(1);
    });
    fixture.expect("output.out", out);
    fixture.expectBackward("grad.out", out, {{"image_features", image}, {"landmark_features", landmarks}}, block);
}

void checkPosterNetwork(Fixture &fixture)
{
    fixture.setPrecision(Fixture::Precision::Network);
    PosterLayout layout;
    for (std::size_t l = 0; l < layout.levels.size(); ++l)
        layout.levels[l] = levelOf(fixture, "attn" + std::to_string(l + 1));
    layout.image = imageLayout(fixture);
    layout.image.side = 4 * layout.levels[0].window;
    layout.landmarks = landmarkLayout(fixture);
    layout.fusedWidth = int(fixture.side("VIT.norm.weight", 0));
    layout.fusionHeads = int(fixture.number("heads", 8));
    layout.fusionBlocks = countOf(fixture, "VIT.blocks.", ".norm1.weight");
    NetworkConfig config{.name = "posterpp", .channels = int(fixture.side("input.x", 1))};
    config.classes = fixture.has("VIT.head.linear.weight") ? int(fixture.side("VIT.head.linear.weight", 0)) : 0;

    const auto network = std::make_shared<Poster>(config, layout);
    fixture.load(*network);
    network->eval();
    const torch::NoGradGuard noGradient;
    const torch::Tensor x = fixture.tensor("input.x");
    const PosterViews views = network->stages(x);
    expectMaps(fixture, "mfn", views.landmarkMaps);
    expectMaps(fixture, "ir", views.imageMaps);
    for (std::size_t l = 0; l < views.levels.size(); ++l) {
        const std::string number = std::to_string(l + 1);
        fixture.expect("output.attn" + number, views.attended[l]);
        fixture.expect("output.ffn" + number, views.levels[l]);
        fixture.expect("output.ffn" + number + "_channel_mean", views.levels[l].mean({1, 2}));
    }
    fixture.expect("output.vit_tokens_in_mean", views.tokens.mean(2));
    fixture.expect("output.cls_token_after_norm", views.fused.select(1, 0));
    fixture.expect("output.embedding", views.embedding);
    fixture.expect("output.logits", [&] { return network->forward(x); });
}

} // namespace mien
