#include "models/backbones/vision_transformer.h"

namespace mien {

VisionTransformer::VisionTransformer(NetworkConfig config, const VisionTransformerLayout &layout)
    : Network(std::move(config), "imagenet")
    , m_meanOfPatches(layout.meanOfPatches)
    , m_depth(layout.blocks)
{
    const int side = this->config().side / layout.patch;
    m_classToken = register_parameter("cls_token", torch::empty({1, 1, layout.width}));
    m_positions = register_parameter("pos_embed", torch::empty({1, side * side + 1, layout.width}));
    startTokens(m_classToken);
    startTokens(m_positions);
    m_patches = register_module("patch_embed",
                                std::make_shared<PatchEmbedding>(this->config().channels, layout.patch, layout.width));
    m_blocks = register_module(
        "blocks", std::make_shared<TransformerBlocks>(
                      TransformerOptions{.width = layout.width, .heads = layout.heads, .mlpRatio = layout.mlpRatio},
                      layout.blocks, layout.dropPath));
    m_norm = register_module(m_meanOfPatches ? "fc_norm" : "norm", layerNorm(layout.width));
    if (this->config().classes > 0)
        m_head = register_module("head", torch::nn::Linear(layout.width, this->config().classes));
    startLinears(*this);
}

torch::Tensor VisionTransformer::tokens(const torch::Tensor &images)
{
    const auto patches = m_patches->forward(images);
    return torch::cat({m_classToken.expand({patches.size(0), -1, -1}), patches}, 1) + m_positions;
}

NetworkViews VisionTransformer::forwardAll(NetworkInput faces)
{
    auto x = m_blocks->forward(tokens(faces.images));
    if (!m_meanOfPatches)
        x = m_norm(x);
    NetworkViews views;
    views.features = tokensAsMap(x.slice(1, 1));
    views.pooled = m_meanOfPatches ? m_norm(views.features.mean({2, 3})) : x.select(1, 0);
    if (m_head)
        views.logits = m_head(views.pooled);
    return views;
}

NetworkViews VisionTransformer::forwardPooled(NetworkInput faces)
{
    if (m_meanOfPatches)
        return forwardAll(std::move(faces));
    NetworkViews views;
    views.pooled = m_norm(m_blocks->forwardFirst(tokens(faces.images))).select(1, 0);
    if (m_head)
        views.logits = m_head(views.pooled);
    return views;
}

std::vector<torch::Tensor> VisionTransformer::attentions(NetworkInput faces)
{
    std::vector<torch::Tensor> weights;
    m_blocks->forward(tokens(faces.images), {}, weights);
    return weights;
}

namespace {

template <int patch, int width, int heads>
std::shared_ptr<Network> build(const NetworkConfig &config)
{
    VisionTransformerLayout layout{.patch = patch, .width = width, .heads = heads};
    if (isTiny(config))
        layout = {.patch = 8, .width = 48, .heads = 3, .blocks = 2};
    layout.meanOfPatches = config.options.at("pool") == "gap";
    return std::make_shared<VisionTransformer>(config, layout);
}

template <int patch>
SideRange sides(const nlohmann::json &options)
{
    if (options.at("preset") == "tiny")
        return {.standard = 48, .least = 16, .most = 64, .step = 8};
    return {.standard = 224, .least = 2 * patch, .most = 512, .step = patch};
}

} // namespace

std::vector<NetworkPlan> visionTransformerPlans()
{
    const NetworkOption pool{.name = "pool",
                             .standard = "cls",
                             .values = {"cls", "gap"},
                             .help = "what the classifier sees: cls: the class token, gap: the mean of the patches"};
    const char *source = "Dosovitskiy et al., An Image is Worth 16x16 Words, ICLR 2021";
    const auto plan = [&](const char *name, const char *title, auto buildIt, auto itsSides) {
        return NetworkPlan{.name = name,
                           .kind = "trunk",
                           .title = title,
                           .goodFor = "a plain transformer: a baseline that the others are measured against",
                           .needs = "a GPU and published weights, or many faces: transformers learn little from few",
                           .weights = "the ViT of that size as timm offers it (ImageNet, Apache-2.0)",
                           .source = source,
                           .classes = 1000,
                           .options = {presetOption(), pool},
                           .sides = itsSides,
                           .build = buildIt};
    };
    return {plan("vit-tiny", "ViT, tiny, patches of 16", build<16, 192, 3>, sides<16>),
            plan("vit-small", "ViT, small, patches of 16", build<16, 384, 6>, sides<16>),
            plan("vit-base", "ViT, base, patches of 16", build<16, 768, 12>, sides<16>),
            plan("vit-base32", "ViT, base, patches of 32", build<32, 768, 12>, sides<32>)};
}

} // namespace mien
