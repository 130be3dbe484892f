#include "models/networks/landmark_query.h"

#include <cmath>

namespace mien {
namespace {

constexpr int kParts = 4;

} // namespace

LandmarkQuery::LandmarkQuery(const LandmarkQueryLayout &layout)
    : m_layout(layout)
    , m_boxEmbedding(4, layout.width)
    , m_query(layout.width, layout.width)
    , m_key(layout.width, layout.width)
    , m_value(layout.width, layout.width)
    , m_proj(layout.width, layout.width)
    , m_fc1(kParts * layout.width, layout.hidden1)
    , m_fc2(layout.hidden1, layout.hidden2)
    , m_queryNorm(layerNorm(layout.width))
    , m_tokenNorm(layerNorm(layout.width))
    , m_dropout(layout.dropout)
{
    TORCH_CHECK(layout.width % layout.heads == 0, "the heads of an attention must divide its width");
    const auto parts = register_module("part", torch::nn::ModuleList());
    for (int k = 0; k < kParts; ++k) {
        m_parts.emplace_back(layout.channels * layout.cropSide * layout.cropSide, layout.width);
        parts->push_back(m_parts.back());
    }
    m_partEmbedding = register_parameter("part_embed", torch::empty({1, kParts, layout.width}));
    startTokens(m_partEmbedding);
    register_module("box_embed", m_boxEmbedding);
    register_module("norm_q", m_queryNorm);
    register_module("norm_kv", m_tokenNorm);
    register_module("q", m_query);
    register_module("k", m_key);
    register_module("v", m_value);
    register_module("proj", m_proj);
    register_module("fc1", m_fc1);
    register_module("fc2", m_fc2);
    if (layout.classes > 0)
        m_fc3 = register_module("fc3", torch::nn::Linear(layout.hidden2, layout.classes));
    register_module("dropout", m_dropout);
    for (const auto &module : modules(/*include_self=*/false))
        if (auto *linear = module->as<torch::nn::Linear>()) {
            torch::nn::init::xavier_uniform_(linear->weight);
            torch::nn::init::zeros_(linear->bias);
        }
}

LandmarkQuery::Views LandmarkQuery::forward(const torch::Tensor &images, const torch::Tensor &boxes,
                                            const torch::Tensor &tokens)
{
    const auto batch = tokens.size(0), width = tokens.size(2);
    const auto crops = boxCrops(images, boxes, m_layout.cropSide).flatten(2); // [N, 4, C * side * side]
    std::vector<torch::Tensor> parts;
    for (int k = 0; k < kParts; ++k)
        parts.push_back(m_parts[std::size_t(k)](crops.select(1, k)));
    const auto queries =
        torch::stack(parts, 1) + m_partEmbedding + m_boxEmbedding(boxFeatures(boxes, images.size(2), images.size(3)));

    const auto heads = [&](const torch::Tensor &t) {
        return t.view({batch, t.size(1), m_layout.heads, width / m_layout.heads}).transpose(1, 2);
    };
    const auto normed = m_tokenNorm(tokens);
    const auto query = heads(m_query(m_queryNorm(queries)));
    Views views;
    views.attention = torch::softmax(
        torch::matmul(query, heads(m_key(normed)).transpose(-2, -1)) / std::sqrt(double(width / m_layout.heads)), -1);
    const auto mixed = torch::matmul(views.attention, heads(m_value(normed))).transpose(1, 2);
    views.parts = queries + m_proj(mixed.reshape({batch, kParts, width}));
    const auto hidden = m_dropout(torch::gelu(m_fc1(views.parts.flatten(1))));
    if (m_fc3)
        views.logits = m_fc3(m_dropout(torch::gelu(m_fc2(hidden))));
    return views;
}

LandmarkQueryNetwork::LandmarkQueryNetwork(NetworkConfig config, const MaskedAutoencoderLayout &encoder,
                                           const LandmarkQueryLayout &head)
    : Network(std::move(config), "imagenet")
{
    NetworkConfig inner = this->config();
    inner.classes = 0;
    m_encoder = register_module("encoder", std::make_shared<MaskedAutoencoder>(inner, encoder));
    m_head = register_module("query", std::make_shared<LandmarkQuery>(head));
}

NetworkViews LandmarkQueryNetwork::forwardAll(NetworkInput faces)
{
    const auto &images = faces.images;
    const auto height = images.size(2), width = images.size(3);
    const auto plain = images.options().dtype(torch::kFloat32);
    const auto boxes = faces.landmarks.defined() ? landmarkBoxes(faces.landmarks, height, width)
                                                 : gridBoxes(height, width, plain).expand({images.size(0), -1, -1});
    const auto tokens = m_encoder->encode(images);
    auto head = m_head->forward(images, boxes, tokens);
    NetworkViews views;
    views.features = tokensAsMap(tokens.slice(1, 1));
    views.pooled = head.parts.flatten(1);
    views.logits = head.logits;
    views.parts = {{"query_attention", head.attention}, {"boxes", boxes}};
    return views;
}

PartViews LandmarkQueryNetwork::partViews(NetworkInput faces, const std::string &)
{
    const NetworkViews views = forwardAll(std::move(faces));
    const auto patches = views.parts.at("query_attention").mean(1).slice(2, 1); // [N, 4, T]
    const auto maps = patchMap(patches.flatten(0, 1));
    return {maps.unflatten(0, {patches.size(0), patches.size(1)}), views.logits};
}

namespace {

std::shared_ptr<Network> build(const NetworkConfig &config)
{
    const auto encoder = visiEncoderLayout(isTiny(config));
    LandmarkQueryLayout head{
        .width = encoder.width, .heads = encoder.heads, .classes = config.classes, .channels = config.channels};
    if (isTiny(config)) {
        head.cropSide = 8;
        head.hidden1 = 64;
        head.hidden2 = 32;
    }
    return std::make_shared<LandmarkQueryNetwork>(config, encoder, head);
}

SideRange sides(const nlohmann::json &options)
{
    if (options.at("preset") == "tiny")
        return {.standard = 48, .least = 48, .most = 64, .step = 16};
    return {.standard = 96, .least = 48, .most = 512, .step = 8};
}

} // namespace

std::vector<NetworkPlan> landmarkQueryPlans()
{
    return {{.name = "visi",
             .title = "Landmark queries: eyes, nose and mouth ask the whole face (VISI)",
             .goodFor = "what eyes, nose and mouth do, drowsiness first: one map for each of the four",
             .needs = "faces whose landmarks are known, as extraction finds them; a CPU will do",
             .source = "Layout our own, after the diagram of the landmark-query report",
             .classes = 2,
             .options = {presetOption()},
             .sides = sides,
             .build = build}};
}

} // namespace mien
