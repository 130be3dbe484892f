#include "models/backbones/transformer_block.h"

#include <cmath>
#include <cstdlib>
#include <limits>

namespace mien {
torch::Tensor dropPath(const torch::Tensor &branch, double p, bool training)
{
    if (!training || p <= 0)
        return branch;
    std::vector<std::int64_t> shape(std::size_t(branch.dim()), 1);
    shape[0] = branch.size(0);
    return branch * (torch::rand(shape, branch.options()) >= p) / (1 - p);
}

void startTokens(torch::Tensor &tokens)
{
    const torch::NoGradGuard noGradient;
    tokens.normal_(0, 0.02);
}

void startLinears(const torch::nn::Module &module)
{
    for (const auto &part : module.modules(/*include_self=*/false))
        if (auto *linear = part->as<torch::nn::Linear>()) {
            startTokens(linear->weight);
            torch::nn::init::zeros_(linear->bias);
        }
}

torch::nn::LayerNorm layerNorm(int width, double eps)
{
    return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(eps));
}

SelfAttention::SelfAttention(const TransformerOptions &options)
    : m_heads(options.heads)
    , m_qkv(options.width, 3 * options.width)
    , m_proj(options.width, options.width)
{
    TORCH_CHECK(options.width % options.heads == 0, "the heads of an attention must divide its width");
    register_module(options.qkvName, m_qkv);
    register_module(options.projName, m_proj);
}

torch::Tensor SelfAttention::packed(const torch::Tensor &x)
{
    return m_qkv(x).view({x.size(0), x.size(1), 3, m_heads, x.size(2) / m_heads}).permute({2, 0, 3, 1, 4});
}

/// @param mixed  [N, heads, T, D / heads]
torch::Tensor SelfAttention::joined(const torch::Tensor &mixed)
{
    return m_proj(mixed.transpose(1, 2).flatten(2));
}

torch::Tensor SelfAttention::mixed(const torch::Tensor &query, const torch::Tensor &key, const torch::Tensor &value,
                                   const torch::Tensor &seen, torch::Tensor *weights) const
{
    if (!weights)
        return at::scaled_dot_product_attention(query, key, value, seen.defined() ? std::optional(seen) : std::nullopt);
    auto scores = torch::matmul(query, key.transpose(-2, -1)) / std::sqrt(double(key.size(-1)));
    if (seen.defined())
        scores = scores.masked_fill(seen.logical_not(), -std::numeric_limits<float>::infinity());
    *weights = torch::softmax(scores, -1);
    return torch::matmul(*weights, value);
}

torch::Tensor SelfAttention::forwardFirst(const torch::Tensor &x, torch::Tensor *weights)
{
    const auto parts = packed(x);
    return joined(mixed(parts[0].slice(2, 0, 1), parts[1], parts[2], {}, weights));
}

torch::Tensor SelfAttention::forward(const torch::Tensor &x, const torch::Tensor &keys, torch::Tensor *weights)
{
    const auto batch = x.size(0), tokens = x.size(1);
    const auto parts = packed(x);
    auto seen = keys.defined() ? keys.to(torch::kBool) : torch::Tensor();
    if (seen.defined() && seen.dim() == 2) // of each sample, for all of its heads and queries
        seen = seen.view({batch, 1, 1, tokens}).expand({batch, 1, tokens, tokens});
    else if (seen.defined())
        seen = seen.expand({tokens, tokens});
    return joined(mixed(parts[0], parts[1], parts[2], seen, weights));
}

TransformerMlp::TransformerMlp(int width, int hidden)
    : m_fc1(register_module("fc1", PackableLinear(width, hidden)))
    , m_fc2(register_module("fc2", PackableLinear(hidden, width)))
{
}

TransformerBlock::TransformerBlock(const TransformerOptions &options)
    : m_dropPath(options.dropPath)
    , m_norm1(register_module("norm1", layerNorm(options.width, options.eps)))
    , m_norm2(nullptr)
    , m_attention(register_module("attn", std::make_shared<SelfAttention>(options)))
{
    m_norm2 = register_module("norm2", layerNorm(options.width, options.eps));
    m_mlp = register_module(
        "mlp", std::make_shared<TransformerMlp>(options.width, int(std::lround(options.width * options.mlpRatio))));
}

torch::Tensor TransformerBlock::forward(torch::Tensor x, const torch::Tensor &keys, torch::Tensor *weights)
{
    x = x + dropPath(m_attention->forward(m_norm1(x), keys, weights), m_dropPath, is_training());
    return x + dropPath(m_mlp->forward(m_norm2(x)), m_dropPath, is_training());
}

torch::Tensor TransformerBlock::forwardFirst(const torch::Tensor &x, torch::Tensor *weights)
{
    const auto first = x.slice(1, 0, 1) + m_attention->forwardFirst(m_norm1(x), weights);
    return first + m_mlp->forward(m_norm2(first));
}

TransformerBlocks::TransformerBlocks(TransformerOptions options, int blocks, double dropPathMost)
{
    for (int b = 0; b < blocks; ++b) {
        options.dropPath = blocks > 1 ? dropPathMost * b / (blocks - 1) : dropPathMost;
        m_blocks.push_back(register_module(std::to_string(b), std::make_shared<TransformerBlock>(options)));
    }
}

torch::Tensor TransformerBlocks::forward(torch::Tensor x, const torch::Tensor &keys)
{
    for (const auto &block : m_blocks)
        x = block->forward(std::move(x), keys);
    return x;
}

torch::Tensor TransformerBlocks::forward(torch::Tensor x, const torch::Tensor &keys,
                                         std::vector<torch::Tensor> &weights)
{
    for (const auto &block : m_blocks)
        x = block->forward(std::move(x), keys, &weights.emplace_back());
    return x;
}

torch::Tensor TransformerBlocks::forwardFirst(torch::Tensor x, std::vector<torch::Tensor> *weights)
{
    const auto kept = [&] { return weights ? &weights->emplace_back() : nullptr; };
    for (std::size_t b = 0; b + 1 < m_blocks.size(); ++b)
        x = m_blocks[b]->forward(std::move(x), {}, kept());
    return m_blocks.back()->forwardFirst(x, kept());
}

std::vector<torch::Tensor> TransformerBlocks::states(torch::Tensor x)
{
    std::vector<torch::Tensor> result;
    for (const auto &block : m_blocks)
        result.push_back(x = block->forward(std::move(x)));
    return result;
}

PatchEmbedding::PatchEmbedding(int channels, int patch, int width, const std::string &name)
    : m_projection(
          register_module(name, torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, width, patch).stride(patch))))
{
}

torch::Tensor PatchEmbedding::forward(const torch::Tensor &images)
{
    return m_projection(images).flatten(2).transpose(1, 2);
}

int transformerLayer(const std::string &parameter, int blocks)
{
    const std::string prefix = "blocks.";
    if (parameter.starts_with(prefix))
        return std::atoi(parameter.c_str() + prefix.size()) + 1;
    const bool first = parameter.starts_with("cls_token") || parameter.starts_with("pos_embed") ||
                       parameter.starts_with("patch_embed");
    return first ? 0 : blocks + 1;
}

torch::Tensor tokensAsMap(const torch::Tensor &tokens)
{
    const auto side = std::int64_t(std::lround(std::sqrt(double(tokens.size(1)))));
    return tokens.transpose(1, 2).unflatten(2, {side, side});
}

} // namespace mien
