#include "models/networks/landmark_query.h"

#include <cmath>

namespace mien {
namespace {

constexpr int kParts = 4;

/// Boxes from centres and sizes, each [N]: [N, 4].
torch::Tensor box(const torch::Tensor &centre, const torch::Tensor &width, const torch::Tensor &height)
{
    const auto x = centre.select(1, 0), y = centre.select(1, 1);
    return torch::stack({x - width / 2, y - height / 2, x + width / 2, y + height / 2}, 1);
}

} // namespace

torch::Tensor gridBoxes(std::int64_t height, std::int64_t width, torch::TensorOptions options)
{
    std::vector<torch::Tensor> boxes;
    for (const int part : {1, 3, 5, 8}) {
        const int row = (part - 1) / 3, column = (part - 1) % 3;
        boxes.push_back(torch::tensor(
            {column * width / 3.0, row * height / 3.0, (column + 1) * width / 3.0, (row + 1) * height / 3.0}, options));
    }
    return torch::stack(boxes);
}

torch::Tensor landmarkBoxes(const torch::Tensor &landmarks, std::int64_t height, std::int64_t width)
{
    const auto point = [&](int i) { return landmarks.select(1, i); };
    const auto distance = (point(1) - point(0)).square().sum(1).sqrt();
    const auto zero = torch::zeros_like(distance);
    const auto nose = point(2) - torch::stack({zero, 0.15 * distance}, 1);
    const auto mouth = (point(4) - point(3)).square().sum(1).sqrt();
    auto boxes =
        torch::stack({box(point(0), 0.8 * distance, 0.55 * distance), box(point(1), 0.8 * distance, 0.55 * distance),
                      box(nose, 0.8 * distance, 0.9 * distance),
                      box((point(3) + point(4)) / 2, torch::maximum(1.3 * mouth, 0.9 * distance), 0.65 * distance)},
                     1);
    const auto most = torch::tensor({double(width), double(height), double(width), double(height)}, boxes.options());
    boxes = torch::minimum(boxes.clamp_min(0), most);
    const auto known = torch::isfinite(landmarks).flatten(1).all(1).view({-1, 1, 1});
    return torch::where(known, boxes, gridBoxes(height, width, boxes.options()));
}

torch::Tensor boxCrops(const torch::Tensor &images, const torch::Tensor &boxes, int side)
{
    const auto height = images.size(2), width = images.size(3), count = boxes.size(1);
    const auto cells = (torch::arange(side, boxes.options()) + 0.5) / side;
    const auto along = [&](int from, int to, std::int64_t size) { // [N, K, side] pixel coordinates
        const auto first = boxes.select(2, from).unsqueeze(2), last = boxes.select(2, to).unsqueeze(2);
        return (first + cells * (last - first) - 0.5).clamp(0, double(size - 1));
    };
    // grid_sample's own coordinates run from -1 to 1 at the centres of the outer pixels (align_corners).
    const auto normalised = [](const torch::Tensor &pixels, std::int64_t size) {
        return size > 1 ? pixels * (2.0 / double(size - 1)) - 1 : torch::zeros_like(pixels);
    };
    const auto x = normalised(along(0, 2, width), width).unsqueeze(2).expand({-1, -1, side, side});
    const auto y = normalised(along(1, 3, height), height).unsqueeze(3).expand({-1, -1, side, side});
    const auto grid = torch::stack({x, y}, 4).flatten(1, 2).to(images.scalar_type()); // [N, K * side, side, 2]
    const auto sampled = at::grid_sampler_2d(images, grid, /*bilinear*/ 0, /*border*/ 1, /*align_corners=*/true);
    return sampled.unflatten(2, {count, side}).transpose(1, 2);
}

torch::Tensor boxFeatures(const torch::Tensor &boxes, std::int64_t height, std::int64_t width)
{
    const auto x1 = boxes.select(2, 0), y1 = boxes.select(2, 1), x2 = boxes.select(2, 2), y2 = boxes.select(2, 3);
    return torch::stack({(x1 + x2) / (2.0 * double(width)), (y1 + y2) / (2.0 * double(height)),
                         (x2 - x1) / double(width), (y2 - y1) / double(height)},
                        2);
}

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
