#include "models/networks/crossvit.h"

#include <cmath>

namespace mien {
namespace {

/// LayerNorm, GELU, Linear: `0`, `1`, `2`.
torch::nn::Sequential projection(int from, int to)
{
    return torch::nn::Sequential(layerNorm(from), torch::nn::GELU(), torch::nn::Linear(from, to));
}

/// A module that only gives its children a common prefix.
class Group : public torch::nn::Module
{
public:
    template <class Child>
    Child add(const std::string &name, Child child)
    {
        return register_module(name, std::move(child));
    }
};

} // namespace

CrossAttentionBlock::CrossAttentionBlock(int width, int heads, double mlpRatio, double dropPathShare)
    : m_dropPath(dropPathShare)
    , m_norm1(register_module("norm1", layerNorm(width)))
    , m_query(width, width)
    , m_key(width, width)
    , m_value(width, width)
    , m_proj(width, width)
    , m_heads(heads)
{
    TORCH_CHECK(width % heads == 0, "the heads of an attention must divide its width");
    const auto group = std::make_shared<Group>();
    group->add("wq", m_query);
    group->add("wk", m_key);
    group->add("wv", m_value);
    group->add("proj", m_proj);
    m_attention = register_module("attn", group);
    if (mlpRatio > 0) {
        m_norm2 = register_module("norm2", layerNorm(width));
        m_mlp = register_module("mlp", std::make_shared<TransformerMlp>(width, int(std::lround(width * mlpRatio))));
    }
}

torch::Tensor CrossAttentionBlock::forward(const torch::Tensor &x, torch::Tensor *weights)
{
    const auto batch = x.size(0), tokens = x.size(1), width = x.size(2);
    const auto heads = [&](const torch::Tensor &t, std::int64_t count) {
        return t.view({batch, count, m_heads, width / m_heads}).transpose(1, 2);
    };
    const auto normed = m_norm1(x);
    const auto query = heads(m_query(normed.slice(1, 0, 1)), 1);
    const auto key = heads(m_key(normed), tokens), value = heads(m_value(normed), tokens);
    torch::Tensor mixed;
    if (weights) {
        *weights = torch::softmax(torch::matmul(query, key.transpose(-2, -1)) / std::sqrt(double(width / m_heads)), -1);
        mixed = torch::matmul(*weights, value);
    } else {
        mixed = at::scaled_dot_product_attention(query, key, value);
    }
    auto y = x.slice(1, 0, 1) +
             dropPath(m_proj(mixed.transpose(1, 2).reshape({batch, 1, width})), m_dropPath, is_training());
    if (m_mlp)
        y = y + dropPath(m_mlp->forward(m_norm2(y)), m_dropPath, is_training());
    return y;
}

class MultiScaleBlock : public torch::nn::Module
{
public:
    MultiScaleBlock(const CrossVitLayout &layout)
    {
        const auto blocks = register_module("blocks", std::make_shared<Group>());
        const auto projections = register_module("projs", std::make_shared<Group>());
        const auto fusions = register_module("fusion", std::make_shared<Group>());
        const auto reversions = register_module("revert_projs", std::make_shared<Group>());
        for (std::size_t b = 0; b < 2; ++b) {
            const CrossVitBranch &own = layout.branches[b], &other = layout.branches[1 - b];
            const std::string name = std::to_string(b);
            m_blocks[b] = blocks->add(
                name, std::make_shared<TransformerBlocks>(
                          TransformerOptions{.width = own.width, .heads = own.heads, .mlpRatio = own.mlpRatio},
                          own.depth, layout.dropPath));
            m_projections[b] = projections->add(name, projection(own.width, other.width));
            const auto fusion = [&] {
                return std::make_shared<CrossAttentionBlock>(other.width, other.heads, 0, layout.dropPath);
            };
            if (layout.fusionDepth == 0) {
                m_fusions[b].push_back(fusions->add(name, fusion()));
            } else {
                const auto row = fusions->add(name, std::make_shared<Group>());
                for (int d = 0; d < layout.fusionDepth; ++d)
                    m_fusions[b].push_back(row->add(std::to_string(d), fusion()));
            }
            m_reversions[b] = reversions->add(name, projection(other.width, own.width));
        }
    }

    std::array<torch::Tensor, 2> forward(const std::array<torch::Tensor, 2> &tokens,
                                         std::vector<torch::Tensor> *smallPatches = nullptr)
    {
        std::array<torch::Tensor, 2> own;
        for (std::size_t b = 0; b < 2; ++b)
            own[b] = b == 0 && smallPatches ? m_blocks[b]->forward(tokens[b], {}, *smallPatches)
                                            : m_blocks[b]->forward(tokens[b]);
        std::array<torch::Tensor, 2> result;
        for (std::size_t b = 0; b < 2; ++b) {
            // The patches stand behind the class token once: of several cross-attentions in a row those behind the
            // first see its answer alone, as the published code has it.
            auto query = torch::cat({m_projections[b]->forward(own[b].slice(1, 0, 1)), own[1 - b].slice(1, 1)}, 1);
            for (const auto &fusion : m_fusions[b])
                query = fusion->forward(query);
            result[b] = torch::cat({m_reversions[b]->forward(query), own[b].slice(1, 1)}, 1);
        }
        return result;
    }

private:
    std::array<std::shared_ptr<TransformerBlocks>, 2> m_blocks;
    std::array<torch::nn::Sequential, 2> m_projections{nullptr, nullptr}, m_reversions{nullptr, nullptr};
    std::array<std::vector<std::shared_ptr<CrossAttentionBlock>>, 2> m_fusions;
};

CrossVit::CrossVit(NetworkConfig config, const CrossVitLayout &layout)
    : Network(std::move(config), "imagenet")
    , m_layout(layout)
{
    const auto patches = register_module("patch_embed", std::make_shared<Group>());
    const auto blocks = register_module("blocks", std::make_shared<Group>());
    const auto norms = register_module("norm", std::make_shared<Group>());
    const auto heads = register_module("head", std::make_shared<Group>());
    const auto classTokens = register_module("cls_token", torch::nn::ParameterList());
    const auto positions = register_module("pos_embed", torch::nn::ParameterList());
    for (std::size_t b = 0; b < 2; ++b) {
        const CrossVitBranch &branch = layout.branches[b];
        const int grid = branch.side / branch.patch;
        const std::string name = std::to_string(b);
        m_patches[b] =
            patches->add(name, std::make_shared<PatchEmbedding>(this->config().channels, branch.patch, branch.width));
        m_classTokens[b] = torch::empty({1, 1, branch.width});
        m_positions[b] = torch::empty({1, grid * grid + 1, branch.width});
        for (torch::Tensor *tokens : {&m_classTokens[b], &m_positions[b]})
            startTokens(*tokens);
        classTokens->append(m_classTokens[b].requires_grad_());
        positions->append(m_positions[b].requires_grad_());
        m_norms[b] = norms->add(name, layerNorm(branch.width));
        if (this->config().classes > 0)
            m_heads[b] = heads->add(name, torch::nn::Linear(branch.width, this->config().classes));
    }
    for (int k = 0; k < layout.scales; ++k)
        m_blocks.push_back(blocks->add(std::to_string(k), std::make_shared<MultiScaleBlock>(layout)));
    startLinears(*this);
}

CrossVit::~CrossVit() = default;

torch::Tensor CrossVit::branchInput(const torch::Tensor &images, std::size_t branch) const
{
    const std::int64_t side = m_layout.branches[branch].side;
    if (images.size(2) == side && images.size(3) == side)
        return images;
    return at::upsample_bicubic2d(images, {side, side}, /*align_corners=*/false);
}

std::array<torch::Tensor, 2> CrossVit::tokens(const torch::Tensor &images)
{
    std::array<torch::Tensor, 2> result;
    for (std::size_t b = 0; b < 2; ++b) {
        const auto patches = m_patches[b]->forward(branchInput(images, b));
        result[b] = torch::cat({m_classTokens[b].expand({patches.size(0), -1, -1}), patches}, 1) + m_positions[b];
    }
    return result;
}

NetworkViews CrossVit::viewsOf(const torch::Tensor &images, std::vector<torch::Tensor> *weights)
{
    auto x = tokens(images);
    for (const auto &block : m_blocks)
        x = block->forward(x, weights);
    NetworkViews views;
    std::vector<torch::Tensor> classTokens, logits;
    for (std::size_t b = 0; b < 2; ++b) {
        x[b] = m_norms[b](x[b]);
        classTokens.push_back(x[b].select(1, 0));
        views.parts["cls" + std::to_string(b)] = classTokens.back();
        if (m_heads[b])
            logits.push_back(m_heads[b](classTokens.back()));
    }
    views.features = tokensAsMap(x[0].slice(1, 1));
    views.pooled = torch::cat(classTokens, 1);
    if (!logits.empty())
        views.logits = (logits[0] + logits[1]) / 2;
    return views;
}

std::vector<torch::Tensor> CrossVit::attentions(NetworkInput faces)
{
    std::vector<torch::Tensor> weights;
    viewsOf(faces.images, &weights);
    return weights;
}

namespace {

template <int small, int large, int heads, int depth, int mlpRatio>
std::shared_ptr<Network> build(const NetworkConfig &config)
{
    CrossVitLayout layout;
    if (isTiny(config)) {
        layout.branches = {CrossVitBranch{48, 12, 24, 3, 1, 2}, CrossVitBranch{48, 16, 48, 3, 1, 2}};
        layout.scales = 2;
    } else if (config.options.at("preset") == "visi") {
        layout.branches = {CrossVitBranch{96, 8, 96, 4, 1, mlpRatio}, CrossVitBranch{96, 32, 192, 4, depth, mlpRatio}};
    } else {
        layout.branches = {CrossVitBranch{240, 12, small, heads, 1, mlpRatio},
                           CrossVitBranch{224, 16, large, heads, depth, mlpRatio}};
    }
    layout.dropPath = config.options.at("drop_path");
    return std::make_shared<CrossVit>(config, layout);
}

SideRange sides(const nlohmann::json &options)
{
    if (options.at("preset") == "tiny")
        return {.standard = 48, .least = 32, .most = 64};
    if (options.at("preset") == "visi")
        return {.standard = 96, .least = 32, .most = 512};
    return {.standard = 240, .least = 32, .most = 512};
}

} // namespace

std::vector<NetworkPlan> crossVitPlans()
{
    const auto plan = [](const char *name, const char *title, auto build) {
        return NetworkPlan{
            .name = name,
            .title = title,
            .goodFor = "photos: small patches for detail and large ones for the whole, which ask each other",
            .needs = "a GPU and published weights, or many faces: transformers learn little from few",
            .source = "Chen et al., CrossViT: Cross-Attention Multi-Scale Vision Transformer, ICCV 2021",
            .options = {presetOption({"visi"}, "visi: the two blocks of the landmark-query report, 96 pixels, patches "
                                               "of 8 and 32"),
                        dropPathOption()},
            .sides = sides,
            .build = build};
    };
    return {plan("crossvit-tiny", "CrossViT, tiny", build<96, 192, 3, 4, 4>),
            plan("crossvit-9", "CrossViT-9", build<128, 256, 4, 3, 3>),
            plan("crossvit-small", "CrossViT, small", build<192, 384, 6, 4, 4>),
            plan("crossvit-15", "CrossViT-15", build<192, 384, 6, 5, 3>),
            plan("crossvit-18", "CrossViT-18", build<224, 448, 7, 6, 3>)};
}

} // namespace mien
