#include "models/backbones/vision_transformer.h"
#include "models/explain/attention_rollout.h"
#include "models/networks/crossvit.h"
#include "models/networks/landmark_query.h"
#include "models/networks/masked_autoencoder.h"
#include "models/worker/golden_checks.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace mien {
namespace {

/// How many of `prefix` + 0, 1, … + `name` there are.
int blocksOf(const Fixture &fixture, const std::string &prefix, const std::string &name = ".norm1.weight")
{
    int count = 0;
    while (fixture.has(prefix + std::to_string(count) + name))
        ++count;
    return count;
}

/// One whole number of the metadata, which may list several, separated by commas.
int listed(const Fixture &fixture, const std::string &key, std::size_t position, int otherwise)
{
    const std::vector<double> list = fixture.numbers(key);
    if (position >= list.size())
        return otherwise;
    if (list[position] < 1 || list[position] > 1024 || list[position] != std::floor(list[position]))
        throw FixtureError{"its metadata \"" + key + "\" is not a list of whole numbers above 0"};
    return int(list[position]);
}

int sideOf(const Fixture &fixture, const std::string &image)
{
    if (fixture.side(image, 2) != fixture.side(image, 3))
        throw FixtureError{"\"" + image + "\" is not square"};
    return int(fixture.side(image, 2));
}

double mlpRatio(const Fixture &fixture, const std::string &block)
{
    return double(fixture.side(block + "mlp.fc1.weight", 0)) / double(fixture.side(block + "mlp.fc1.weight", 1));
}

std::shared_ptr<VisionTransformer> transformerOf(const Fixture &fixture, const std::string &prefix,
                                                 const std::string &image)
{
    VisionTransformerLayout layout;
    layout.patch = int(fixture.side(prefix + "patch_embed.proj.weight", 2));
    layout.width = int(fixture.side(prefix + "patch_embed.proj.weight", 0));
    layout.blocks = blocksOf(fixture, prefix + "blocks.");
    layout.meanOfPatches = fixture.has(prefix + "fc_norm.weight");
    layout.mlpRatio = mlpRatio(fixture, prefix + "blocks.0.");
    layout.heads = listed(fixture, "heads", 0, std::max(1, layout.width / 64));
    NetworkConfig config;
    config.name = "vit";
    config.channels = int(fixture.side(prefix + "patch_embed.proj.weight", 1));
    config.side = sideOf(fixture, image);
    config.classes = fixture.has(prefix + "head.weight") ? int(fixture.side(prefix + "head.weight", 0)) : 0;
    return std::make_shared<VisionTransformer>(config, layout);
}

} // namespace

void checkSmallTransformer(Fixture &fixture)
{
    const auto network = transformerOf(fixture, "vit.", "input.image");
    fixture.load(*network, "vit.");
    network->eval();
    const auto x = fixture.tensor("input.image");
    const torch::NoGradGuard noGradient;
    fixture.expect("output.logits", network->forward(x));
    const auto weights = network->attentions(x);
    for (std::size_t b = 0; b < weights.size(); ++b)
        fixture.expect("output.attention_block" + std::to_string(b), weights[b]);
    fixture.expect("output.attention_last", weights.back());
    const auto rollout = attentionRollout(weights);
    fixture.expect("derived.rollout", rollout);
    fixture.expect("derived.rollout_cls_to_patches", rollout.select(1, 0).slice(1, 1));
}

void checkTransformerTrunk(Fixture &fixture)
{
    fixture.setPrecision(Fixture::Precision::Network);
    const auto network = transformerOf(fixture, "", "input.x");
    fixture.load(*network);
    network->eval();
    const torch::NoGradGuard noGradient;
    const auto x = fixture.tensor("input.x");
    const auto states = network->states(x);
    for (std::size_t b = 0; b < states.size(); ++b) { // the fixtures' "channels" are tokens: a mean over the width
        const std::string name = "output.blocks." + std::to_string(b);
        fixture.expect(name, states[b]);
        fixture.expect(name + ".channel_mean", states[b].mean(2));
    }
    const auto views = network->forwardAll(x);
    fixture.expect("output.pooled", views.pooled);
    fixture.expect("output.logits", views.logits);
}

void checkMaskedAutoencoder(Fixture &fixture)
{
    const std::string prefix = "mae.";
    MaskedAutoencoderLayout layout;
    layout.patch = int(fixture.side(prefix + "patch_embed.proj.weight", 2));
    layout.width = int(fixture.side(prefix + "patch_embed.proj.weight", 0));
    layout.blocks = blocksOf(fixture, prefix + "blocks.");
    layout.decoderWidth = int(fixture.side(prefix + "decoder_embed.weight", 0));
    layout.decoderBlocks = blocksOf(fixture, prefix + "decoder_blocks.");
    layout.mlpRatio = mlpRatio(fixture, prefix + "blocks.0.");
    layout.heads = listed(fixture, "heads", 0, layout.heads);
    layout.decoderHeads = listed(fixture, "heads", 1, layout.heads);
    layout.maskRatio = fixture.number("mask_ratio", 0.75);
    NetworkConfig config;
    config.name = "mae";
    config.channels = int(fixture.side(prefix + "patch_embed.proj.weight", 1));
    config.side = sideOf(fixture, "input.image");
    config.classes = 0;
    MaskedAutoencoder network(config, layout);
    fixture.load(network, prefix);
    network.eval();

    const auto image = fixture.tensor("input.image");
    const auto noise = fixture.tensor("input.noise");
    const auto patches = patchesOf(image, layout.patch);
    fixture.expect("output.patches", patches);
    fixture.expect("output.unpatchified", imagesOf(patches, layout.patch));
    const auto mask = maskByNoise(noise, layout.maskRatio);
    fixture.expect("output.mask", mask.removed);
    fixture.expect("output.ids_restore", mask.restore);
    for (const bool normPixels : {true, false}) {
        const std::string suffix = normPixels ? "_norm_pix" : "_plain";
        network.zero_grad();
        const auto latent = network.encode(image, mask);
        const auto predicted = network.decode(latent, mask);
        predicted.retain_grad();
        const auto loss = reconstructionLoss(predicted, patches, mask.removed, normPixels);
        fixture.expect("output.latent", latent);
        fixture.expect("output.pred", predicted);
        fixture.expect("output.loss" + suffix, loss);
        loss.backward();
        fixture.expect("grad.pred" + suffix, predicted.grad());
        for (const auto &parameter : network.named_parameters()) {
            if (!parameter.value().grad().defined())
                continue;
            std::string name = parameter.key(); // patch_embed.proj.weight is called patch_embed_weight
            fixture.expect("grad." + name + suffix, parameter.value().grad());
            if (const auto at = name.find(".proj."); at != std::string::npos)
                name.erase(at, 5);
            std::replace(name.begin(), name.end(), '.', '_');
            fixture.expect("grad." + name + suffix, parameter.value().grad());
        }
    }
}

void checkSineCosine(Fixture &fixture)
{
    const auto shape = fixture.shape("output.pos_embed");
    const int width = int(shape.back()), cells = int(shape[shape.size() - 2]) - 1;
    const auto table = sineCosinePositions(int(std::lround(std::sqrt(double(cells)))), width);
    fixture.expect("output.pos_embed", shape.size() == 2 ? table.squeeze(0) : table);
}

void checkQueryMask(Fixture &fixture)
{
    MaskedAutoencoderLayout layout;
    layout.patch = int(fixture.side("patch_embed.projection_layer.weight", 2));
    layout.width = int(fixture.side("patch_embed.projection_layer.weight", 0));
    layout.blocks = blocksOf(fixture, "blocks.");
    layout.mlpRatio = mlpRatio(fixture, "blocks.0.");
    layout.heads = listed(fixture, "heads", 0, layout.heads);
    layout.decoderBlocks = 0;
    layout.eps = fixture.number("eps", 1e-5);
    layout.queryMask = true;
    layout.projectionName = "projection_layer";
    layout.qkvName = "qkv_linear";
    layout.attentionProjectionName = "proj_linear";
    layout.headName = "cls_head";
    NetworkConfig config;
    config.name = "qmask";
    config.channels = int(fixture.side("patch_embed.projection_layer.weight", 1));
    config.side = sideOf(fixture, "input.image");
    config.classes = int(fixture.side("cls_head.weight", 0));
    MaskedAutoencoder network(config, layout);
    fixture.load(network);
    network.eval();
    torch::Tensor image = fixture.tensor("input.image").requires_grad_();
    const auto logits = network.forward(image);
    fixture.expect("output.logits", logits);
    fixture.expectBackward("grad.logits", logits, {{"image", image}}, network);
    const torch::NoGradGuard noGradient;
    const auto weights = network.attentions(image);
    const auto hidden = fixture.tensor("mask") == 0;
    for (std::size_t b = 0; b < weights.size(); ++b) {
        fixture.expect("output.attention_block" + std::to_string(b), weights[b]);
        if (weights[b].masked_select(hidden.expand_as(weights[b])).ne(0).any().item<bool>())
            throw FixtureError{"a masked key is attended to"};
    }
}

void checkCrossAttentionBlock(Fixture &fixture)
{
    const int width = int(fixture.side("input.tokens", 2));
    const double ratio = fixture.has("block.mlp.fc1.weight") ? mlpRatio(fixture, "block.") : 0;
    CrossAttentionBlock block(width, listed(fixture, "heads", 0, 4), ratio);
    fixture.load(block, "block.");
    block.eval();
    torch::Tensor tokens = fixture.tensor("input.tokens").requires_grad_();
    const auto y = block.forward(tokens);
    fixture.expect("output.out", y);
    fixture.expectBackward("grad.out", y, {{"tokens", tokens}}, block);
    const torch::NoGradGuard noGradient;
    torch::Tensor weights;
    block.forward(tokens, &weights);
    fixture.expect("output.attention", weights);
}

void checkCrossVit(Fixture &fixture)
{
    const std::string prefix = "crossvit.";
    const auto given = nlohmann::json::parse(fixture.option("config", "{}"), nullptr, /*allow_exceptions=*/false);
    if (!given.is_object())
        throw FixtureError{"its metadata \"config\" is not an object"};
    CrossVitLayout layout;
    layout.scales = 0;
    while (fixture.has(prefix + "blocks." + std::to_string(layout.scales) + ".projs.0.0.weight"))
        ++layout.scales;
    const auto number = [&](const char *key, std::size_t i, double otherwise) {
        const auto list = given.find(key);
        return list != given.end() && list->is_array() && list->size() > i && (*list)[i].is_number()
                   ? (*list)[i].get<double>()
                   : otherwise;
    };
    for (std::size_t b = 0; b < 2; ++b) {
        const std::string name = std::to_string(b);
        CrossVitBranch &branch = layout.branches[b];
        branch.patch = int(fixture.side(prefix + "patch_embed." + name + ".proj.weight", 2));
        branch.width = int(fixture.side(prefix + "patch_embed." + name + ".proj.weight", 0));
        const auto cells = fixture.side(prefix + "pos_embed." + name, 1) - 1;
        branch.side = int(std::lround(std::sqrt(double(cells)))) * branch.patch;
        branch.side = int(number("img", b, branch.side));
        branch.heads = int(number("hs", b, branch.heads));
        const std::string blocks = prefix + "blocks.0.blocks." + name + ".";
        branch.depth = blocksOf(fixture, blocks);
        if (branch.depth > 0)
            branch.mlpRatio = mlpRatio(fixture, blocks + "0.");
    }
    layout.fusionDepth = blocksOf(fixture, prefix + "blocks.0.fusion.0.");
    NetworkConfig config;
    config.name = "crossvit";
    config.channels = int(fixture.side(prefix + "patch_embed.0.proj.weight", 1));
    config.side = sideOf(fixture, "input.image");
    config.classes = fixture.has(prefix + "head.0.weight") ? int(fixture.side(prefix + "head.0.weight", 0)) : 0;
    CrossVit network(config, layout);
    fixture.load(network, prefix);
    network.eval();
    const torch::NoGradGuard noGradient;
    const auto image = fixture.tensor("input.image");
    const auto views = network.forwardAll(image);
    for (std::size_t b = 0; b < 2; ++b) {
        fixture.expect("output.image_branch" + std::to_string(b), network.branchInput(image, b));
        fixture.expect("output.cls" + std::to_string(b), views.parts.at("cls" + std::to_string(b)));
    }
    fixture.expect("output.logits", views.logits);
}

void checkLandmarkQuery(Fixture &fixture)
{
    const std::string prefix = "visi.";
    LandmarkQueryLayout layout;
    layout.channels = int(fixture.side("input.image", 1));
    layout.width = int(fixture.side(prefix + "q.weight", 0));
    layout.heads = listed(fixture, "heads", 0, 4);
    layout.cropSide =
        listed(fixture, "crop", 0,
               int(std::lround(std::sqrt(double(fixture.side(prefix + "part.0.weight", 1)) / layout.channels))));
    layout.hidden1 = int(fixture.side(prefix + "fc1.weight", 0));
    layout.hidden2 = int(fixture.side(prefix + "fc2.weight", 0));
    layout.classes = int(fixture.side(prefix + "fc3.weight", 0));
    LandmarkQuery head(layout);
    fixture.load(head, prefix);
    head.eval();
    const torch::NoGradGuard noGradient;
    const auto image = fixture.tensor("input.image");
    const auto height = image.size(2), width = image.size(3);
    const auto boxes = fixture.has("input.landmarks")
                           ? landmarkBoxes(fixture.tensor("input.landmarks"), height, width)
                           : gridBoxes(height, width, image.options()).expand({image.size(0), -1, -1});
    fixture.expect("output.boxes", boxes);
    fixture.expect("output.crops", boxCrops(image, boxes, layout.cropSide));
    fixture.expect("output.box_features", boxFeatures(boxes, height, width));
    const auto views = head.forward(image, boxes, fixture.tensor("input.tokens"));
    fixture.expect("output.attention", views.attention);
    fixture.expect("output.logits", views.logits);
}

void checkAttentionRollout(Fixture &fixture)
{
    const auto weights = fixture.tensor("input.attention").unbind(0);
    fixture.expect("output.rollout_mean", attentionRollout(weights, HeadFusion::Mean));
    fixture.expect("output.rollout_max", attentionRollout(weights, HeadFusion::Max));
}

} // namespace mien
