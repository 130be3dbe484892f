#include "models/networks/poster.h"

#include "models/networks/frozen_parts.h"

#include <cmath>
#include <utility>

namespace mien {
namespace {

PackableConv2d halving(int in, int out)
{
    return PackableConv2d(torch::nn::Conv2dOptions(in, out, 3).stride(2).padding(1));
}

torch::Tensor tokensOf(const torch::Tensor &map)
{
    return map.flatten(2).transpose(1, 2);
}

/// For every pair of cells (query, key) the row of the table of relative positions.
torch::Tensor relativePositions(int window)
{
    const auto cells = torch::arange(window);
    const auto rows = cells.repeat_interleave(window), columns = cells.repeat({window});
    const auto apart = [&](const torch::Tensor &at) { return at.unsqueeze(1) - at.unsqueeze(0) + window - 1; };
    return (apart(rows) * (2 * window - 1) + apart(columns)).flatten();
}

} // namespace

torch::Tensor splitIntoWindows(const torch::Tensor &map, int window)
{
    const auto height = map.size(1), width = map.size(2), channels = map.size(3);
    TORCH_CHECK(height % window == 0 && width % window == 0, "a map of ", height, " x ", width,
                " has no whole windows of ", window);
    return map.view({map.size(0), height / window, window, width / window, window, channels})
        .transpose(2, 3)
        .reshape({-1, window * window, channels});
}

torch::Tensor joinWindows(const torch::Tensor &windows, std::int64_t height, std::int64_t width)
{
    const auto window = std::int64_t(std::lround(std::sqrt(double(windows.size(1)))));
    return windows.view({-1, height / window, width / window, window, window, windows.size(2)})
        .transpose(2, 3)
        .reshape({-1, height, width, windows.size(2)});
}

WindowPartition::WindowPartition(const WindowLevel &level)
    : m_window(level.window)
    , m_norm(register_module("norm", layerNorm(level.width, 1e-5)))
{
}

WindowPartition::Views WindowPartition::forward(const torch::Tensor &map)
{
    Views views;
    views.shortcut = m_norm(map.permute({0, 2, 3, 1}).contiguous());
    views.windows = splitIntoWindows(views.shortcut, m_window);
    return views;
}

WindowCrossAttention::WindowCrossAttention(const WindowLevel &level)
    : m_heads(level.heads)
    , m_window(level.window)
    , m_index(relativePositions(level.window))
    , m_keysAndValues(nullptr)
    , m_projection(nullptr)
{
    TORCH_CHECK(level.width % level.heads == 0, "the heads of an attention must divide its width");
    const int span = 2 * level.window - 1;
    m_table = register_parameter("relative_position_bias_table", torch::empty({span * span, level.heads}));
    startTokens(m_table);
    m_keysAndValues = register_module("qkv", torch::nn::Linear(level.width, 2 * level.width));
    m_projection = register_module("proj", torch::nn::Linear(level.width, level.width));
}

torch::Tensor WindowCrossAttention::query(const torch::Tensor &landmarks) const
{
    TORCH_CHECK(landmarks.size(2) == m_window && landmarks.size(3) == m_window, "landmark maps are of one window");
    return landmarks.flatten(2).unflatten(1, {m_heads, landmarks.size(1) / m_heads}).transpose(2, 3).unsqueeze(1);
}

torch::Tensor WindowCrossAttention::bias()
{
    if (m_index.device() != m_table.device())
        m_index = m_index.to(m_table.device());
    const std::int64_t cells = m_window * m_window;
    return m_table.index_select(0, m_index).t().reshape({m_heads, cells, cells});
}

torch::Tensor WindowCrossAttention::forward(const torch::Tensor &windows, const torch::Tensor &query,
                                            torch::Tensor *weights)
{
    const auto count = windows.size(0), cells = windows.size(1), width = windows.size(2);
    const auto packed =
        m_keysAndValues(windows).view({count, cells, 2, m_heads, width / m_heads}).permute({2, 0, 3, 1, 4});
    const auto keys = packed[0], values = packed[1];
    const auto images = query.size(0);
    const auto queries = query.expand({images, count / images, -1, -1, -1}).flatten(0, 1).to(keys.scalar_type());
    torch::Tensor mixed;
    if (weights) {
        const auto scores = torch::matmul(queries, keys.transpose(-2, -1)) / std::sqrt(double(width / m_heads));
        *weights = torch::softmax(scores + bias(), -1);
        mixed = torch::matmul(*weights, values);
    } else {
        mixed = at::scaled_dot_product_attention(queries, keys, values, bias().unsqueeze(0).to(keys.scalar_type()));
    }
    return m_projection(mixed.transpose(1, 2).reshape({count, cells, width}));
}

WindowFeedForward::WindowFeedForward(const WindowLevel &level)
    : m_dropPath(level.dropPath)
    , m_gamma1(register_parameter("gamma1", torch::full({level.width}, 1e-5)))
    , m_gamma2(register_parameter("gamma2", torch::full({level.width}, 1e-5)))
    , m_mlp(register_module("mlp", std::make_shared<TransformerMlp>(level.width, 4 * level.width)))
    , m_norm(register_module("norm", layerNorm(level.width, 1e-5)))
{
}

torch::Tensor WindowFeedForward::forward(const torch::Tensor &attended, const torch::Tensor &shortcut)
{
    const auto joined = joinWindows(attended, shortcut.size(1), shortcut.size(2));
    const auto y = shortcut + dropPath(m_gamma1 * joined, m_dropPath, is_training());
    return y + dropPath(m_gamma2 * m_mlp->forward(m_norm(y)), m_dropPath, is_training());
}

FusionTransformer::FusionTransformer(int tokens, int width, int heads, int blocks, int classes)
    : m_classToken(register_parameter("cls_token", torch::empty({1, 1, width})))
    , m_positions(register_parameter("pos_embed", torch::empty({1, tokens + 1, width})))
    , m_blocks(register_module(
          "blocks", std::make_shared<TransformerBlocks>(TransformerOptions{.width = width, .heads = heads}, blocks)))
    , m_norm(register_module("norm", layerNorm(width, 1e-6)))
{
    startTokens(m_classToken);
    startTokens(m_positions);
    const auto gate = register_module("se_block", std::make_shared<torch::nn::Module>());
    m_gate1 = gate->register_module("linear1", torch::nn::Linear(width, width));
    m_gate2 = gate->register_module("linear2", torch::nn::Linear(width, width));
    if (classes > 0)
        m_head = register_module("head", std::make_shared<torch::nn::Module>())
                     ->register_module("linear", torch::nn::Linear(width, classes));
    startLinears(*this);
}

torch::Tensor FusionTransformer::start(const torch::Tensor &tokens)
{
    return torch::cat({m_classToken.expand({tokens.size(0), -1, -1}), tokens}, 1) + m_positions;
}

torch::Tensor FusionTransformer::blocks(const torch::Tensor &started, std::vector<torch::Tensor> *weights)
{
    return m_norm(weights ? m_blocks->forward(started, {}, *weights) : m_blocks->forward(started));
}

torch::Tensor FusionTransformer::firstOfBlocks(const torch::Tensor &started, std::vector<torch::Tensor> *weights)
{
    return m_norm(m_blocks->forwardFirst(started, weights));
}

torch::Tensor FusionTransformer::gated(const torch::Tensor &classToken)
{
    return classToken * torch::sigmoid(m_gate2(torch::relu(m_gate1(classToken))));
}

Poster::Poster(NetworkConfig config, const PosterLayout &layout, bool withHead)
    : Network(std::move(config), "imagenet")
    , m_layout(layout)
{
    NetworkConfig trunk{.classes = 0, .channels = this->config().channels, .side = layout.image.side};
    trunk.name = "mobilefacenet";
    m_landmarks = register_module("face_landback", std::make_shared<MobileFaceNet>(trunk, layout.landmarks));
    trunk.name = "ir50";
    m_image = register_module("ir_back", std::make_shared<Ir50>(trunk, layout.image));
    m_lastLandmarks = register_module(
        "last_face_conv",
        PackableConv2d(torch::nn::Conv2dOptions(layout.landmarks.lastWidth, layout.levels[2].width, 3).padding(1)));
    for (std::size_t l = 0; l < m_levels.size(); ++l) {
        const std::string number = std::to_string(l + 1);
        const WindowLevel &level = layout.levels[l];
        m_levels[l].halving = register_module("conv" + number, halving(level.width, level.width));
        m_levels[l].partition = register_module("window" + number, std::make_shared<WindowPartition>(level));
        m_levels[l].attention = register_module("attn" + number, std::make_shared<WindowCrossAttention>(level));
        m_levels[l].feedForward = register_module("ffn" + number, std::make_shared<WindowFeedForward>(level));
    }
    const int width = layout.fusedWidth;
    m_embed1 = register_module("embed_q",
                               torch::nn::Sequential(halving(layout.levels[0].width, width), halving(width, width)));
    m_embed2 = register_module("embed_k", torch::nn::Sequential(halving(layout.levels[1].width, width)));
    m_embed3 = register_module("embed_v", std::make_shared<PatchEmbedding>(layout.levels[2].width, 1, width));
    m_fusion = register_module("VIT", std::make_shared<FusionTransformer>(layout.tokens(), width, layout.fusionHeads,
                                                                          layout.fusionBlocks,
                                                                          withHead ? this->config().classes : 0));
    for (auto &parameter : m_landmarks->parameters())
        parameter.set_requires_grad(layout.trainsLandmarks);
    for (auto &parameter : m_image->parameters())
        parameter.set_requires_grad(layout.trainsImage);
    evaluateFrozenParts(*this);
}

void Poster::train(bool on)
{
    Network::train(on);
    evaluateFrozenParts(*this);
}

std::array<torch::Tensor, 3> Poster::landmarkMaps(const torch::Tensor &images)
{
    const torch::AutoGradMode gradients(m_layout.trainsLandmarks && torch::GradMode::is_enabled());
    const std::int64_t side = m_layout.image.side;
    return m_landmarks->maps(
        images.size(2) == side && images.size(3) == side ? images : torch::upsample_nearest2d(images, {side, side}));
}

PosterViews Poster::stagesToTokens(const torch::Tensor &images, bool keepWindows)
{
    PosterViews views;
    views.landmarkMaps = landmarkMaps(images);
    views.imageMaps = m_image->maps(images);
    for (std::size_t l = 0; l < m_levels.size(); ++l) {
        Level &level = m_levels[l];
        const auto partition = level.partition->forward(level.halving(views.imageMaps[l]));
        const auto &landmarks = views.landmarkMaps[l];
        const auto query = level.attention->query(l == 2 ? m_lastLandmarks(landmarks) : landmarks);
        views.attended[l] =
            level.attention->forward(partition.windows, query, keepWindows ? &views.windowWeights[l] : nullptr);
        views.levels[l] = level.feedForward->forward(views.attended[l], partition.shortcut);
    }
    const auto map = [&](std::size_t l) { return views.levels[l].permute({0, 3, 1, 2}); };
    const auto tokens = torch::cat(
        {tokensOf(m_embed1->forward(map(0))), tokensOf(m_embed2->forward(map(1))), m_embed3->forward(map(2))}, 1);
    views.tokens = m_fusion->start(tokens);
    return views;
}

PosterViews Poster::stages(const torch::Tensor &images, bool keepWeights)
{
    PosterViews views = stagesToTokens(images, keepWeights);
    views.fused = m_fusion->blocks(views.tokens, keepWeights ? &views.fusionWeights : nullptr);
    views.embedding = m_fusion->gated(views.fused.select(1, 0));
    return views;
}

PosterViews Poster::pooledStages(const torch::Tensor &images, bool keepWindows, bool keepFusion)
{
    PosterViews views = stagesToTokens(images, keepWindows);
    views.fused = m_fusion->firstOfBlocks(views.tokens, keepFusion ? &views.fusionWeights : nullptr);
    views.embedding = m_fusion->gated(views.fused.select(1, 0));
    return views;
}

NetworkViews Poster::viewsOf(const PosterViews &stages)
{
    NetworkViews views;
    if (stages.fused.size(1) > 1)
        views.features = tokensAsMap(stages.fused.slice(1, 1).unflatten(1, {3, -1}).mean(1));
    views.pooled = stages.embedding;
    if (m_fusion->classifies())
        views.logits = m_fusion->classify(views.pooled);
    return views;
}

void Poster::foldNormalisation()
{
    m_landmarks->foldNormalisation();
    m_image->foldNormalisation();
}

std::vector<torch::Tensor> Poster::attentions(NetworkInput faces)
{
    return stages(faces.images, /*keepWeights=*/true).fusionWeights;
}

NetworkViews Poster::forwardAttentive(NetworkInput faces, std::vector<torch::Tensor> &weights)
{
    const PosterViews seen = pooledStages(faces.images, /*keepWindows=*/false, /*keepFusion=*/true);
    weights = seen.fusionWeights;
    return viewsOf(seen);
}

int Poster::layerOf(const std::string &parameter) const
{
    return parameter.starts_with("ir_back.") || parameter.starts_with("face_landback.") ? 0 : 1;
}

torch::Tensor Poster::patchMap(const torch::Tensor &patches) const
{
    return patchLevelMaps(patches).mean(1);
}

torch::Tensor Poster::patchLevelMaps(const torch::Tensor &patches) const
{
    const auto side = std::int64_t(m_layout.levels[2].window);
    return patches.unflatten(1, {3, side, side});
}

std::vector<PartMaps> Poster::partMaps() const
{
    PartMaps levels{.kind = "windows", .names = {}}, heads{.kind = "window-heads", .names = {}};
    for (std::size_t l = 0; l < m_layout.levels.size(); ++l) {
        const WindowLevel &level = m_layout.levels[l];
        const int coarseness = m_layout.levels[0].window / level.window;
        levels.names.push_back("level" + std::to_string(l + 1));
        levels.coarseness.push_back(coarseness);
        for (int head = 1; head <= level.heads; ++head) {
            heads.names.push_back(levels.names.back() + "_head" + std::to_string(head));
            heads.coarseness.push_back(coarseness);
        }
    }
    return {levels, heads};
}

PartViews Poster::partViews(NetworkInput faces, const std::string &kind)
{
    const PosterViews seen = pooledStages(faces.images, /*keepWindows=*/true, /*keepFusion=*/false);
    const auto levels = windowMaps(seen);
    std::vector<torch::Tensor> maps;
    for (const auto &level : levels) {
        const auto shown = kind == "windows" ? level.mean(1, /*keepdim=*/true) : level;
        const auto repeats = levels[0].size(2) / level.size(2);
        maps.push_back(shown.repeat_interleave(repeats, 2).repeat_interleave(repeats, 3));
    }
    return {torch::cat(maps, 1), viewsOf(seen).logits};
}

std::vector<torch::Tensor> Poster::windowMaps(const PosterViews &stages) const
{
    std::vector<torch::Tensor> result;
    for (std::size_t l = 0; l < m_levels.size(); ++l) {
        const auto looked = stages.windowWeights[l].mean(2).transpose(1, 2); // [N·nW, w², I]
        result.push_back(
            joinWindows(looked, stages.levels[l].size(1), stages.levels[l].size(2)).permute({0, 3, 1, 2}).contiguous());
    }
    return result;
}

PosterLayout posterLayout(const NetworkConfig &config)
{
    PosterLayout layout;
    if (isTiny(config)) {
        layout.image = {.side = 32, .stemWidth = 16, .widths = {16, 32, 64}, .units = {1, 1, 1}};
        layout.landmarks = {
            .stemWidth = 16, .stages = {{{16, 32, 1, 32}, {32, 64, 1, 64}, {32, 64, 1, 64}}}, .lastWidth = 64};
        layout.levels = {{{16, 1, 8, 0}, {32, 2, 4, 0.125}, {64, 4, 2, 0.25}}};
        layout.fusedWidth = 64;
        layout.fusionHeads = 4;
    }
    layout.trainsLandmarks = config.options.at("landmark_net") == "trained";
    layout.trainsImage = config.options.at("image_net") == "trained";
    return layout;
}

std::vector<NetworkOption> posterOptions()
{
    return {presetOption(),
            {.name = "landmark_net",
             .standard = "frozen",
             .values = {"frozen", "trained"},
             .help = "MobileFaceNet, which says where to look: frozen as published, which wants its weights; trained "
                     "where they are not at hand"},
            {.name = "image_net",
             .standard = "trained",
             .values = {"trained", "frozen"},
             .help = "IR-50, which sees the face: frozen is for weights of face recognition, as ARBEx was published"}};
}

SideRange posterSides(const nlohmann::json &options)
{
    // Every picture is brought to the trunks' 112 pixels (tiny: 32) inside.
    if (options.at("preset") == "tiny")
        return {.standard = 64, .least = 32, .most = 224};
    return {.standard = 224, .least = 112, .most = 448};
}

std::vector<NetworkPlan> posterPlans()
{
    return {{.name = "posterpp",
             .title = "POSTER++: landmark features ask image features, window by window",
             .goodFor = "photos in which pose and place of the features vary",
             .needs = "a GPU, and weights of IR-50 and MobileFaceNet",
             .weights = "IR-50 and MobileFaceNet (MS-Celeb-1M) as the authors of POSTER++ offer them beside their "
                        "code, for research",
             .source = "Mao et al., POSTER++: A Simpler and Stronger Facial Expression Recognition Network, 2023",
             .options = posterOptions(),
             .sides = posterSides,
             .build = [](const NetworkConfig &config) -> std::shared_ptr<Network> {
                 return std::make_shared<Poster>(config, posterLayout(config));
             }}};
}

} // namespace mien
