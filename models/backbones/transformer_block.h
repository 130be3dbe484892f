#pragma once

#include "models/backbones/packable_linear.h"

#include <torch/torch.h>

#include <string>
#include <vector>

namespace mien {

struct TransformerOptions
{
    int width = 192; ///< D.
    int heads = 3;   ///< Divides D.
    double mlpRatio = 4;
    double eps = 1e-6;                              ///< Of every layer normalisation.
    double dropPath = 0;                            ///< Share of samples whose block is skipped in training.
    std::string qkvName = "qkv", projName = "proj"; ///< What the attention's linear layers are called in checkpoints.
};

/// Stochastic depth (`models.md` 0.6): in training each sample's branch is dropped with probability p, what is kept is
/// divided by 1 - p; the identity otherwise. Draws come from torch's generator.
torch::Tensor dropPath(const torch::Tensor &branch, double p, bool training);

/// Normal with standard deviation 0.02; the cut at +-2 of `models.md` 0.5 is a hundred deviations away.
void startTokens(torch::Tensor &tokens);

/// The same for the weights of every linear layer of a module; their biases start at 0.
void startLinears(const torch::nn::Module &module);

torch::nn::LayerNorm layerNorm(int width, double eps = 1e-6);

/// Multi-head self-attention with packed q, k, v (`models.md` 1.3.3).
class SelfAttention : public torch::nn::Module
{
public:
    explicit SelfAttention(const TransformerOptions &options);

    /// @param x        [N, T, D]
    /// @param keys     [T], or [N, T] where it differs by sample, or undefined: 0 where no token attends to
    /// @param weights  where the softmax [N, heads, T, T] goes; none: it is not kept, which is quicker
    torch::Tensor forward(const torch::Tensor &x, const torch::Tensor &keys = {}, torch::Tensor *weights = nullptr);
    /// What forward() gives for the first token, [N, 1, D], and its weights, [N, heads, 1, T].
    torch::Tensor forwardFirst(const torch::Tensor &x, torch::Tensor *weights = nullptr);

private:
    /// Query, key, value: [3, N, heads, T, D / heads].
    torch::Tensor packed(const torch::Tensor &x);
    /// @param seen  which keys a query attends to, as its scores are laid out; undefined: all
    torch::Tensor mixed(const torch::Tensor &query, const torch::Tensor &key, const torch::Tensor &value,
                        const torch::Tensor &seen, torch::Tensor *weights) const;
    torch::Tensor joined(const torch::Tensor &mixed);

    int m_heads;
    PackableLinear m_qkv, m_proj;
};

/// Linear, GELU (erf), linear: `fc1`, `fc2`.
class TransformerMlp : public torch::nn::Module
{
public:
    TransformerMlp(int width, int hidden);
    torch::Tensor forward(const torch::Tensor &x) { return m_fc2(m_fc1->gelu(x)); }

private:
    PackableLinear m_fc1, m_fc2;
};

/// Pre-norm block: x += attn(norm1(x)); x += mlp(norm2(x)).
class TransformerBlock : public torch::nn::Module
{
public:
    explicit TransformerBlock(const TransformerOptions &options);
    torch::Tensor forward(torch::Tensor x, const torch::Tensor &keys = {}, torch::Tensor *weights = nullptr);
    /// What forward() gives for the first token, [N, 1, D].
    torch::Tensor forwardFirst(const torch::Tensor &x, torch::Tensor *weights = nullptr);

private:
    double m_dropPath;
    torch::nn::LayerNorm m_norm1, m_norm2;
    std::shared_ptr<SelfAttention> m_attention;
    std::shared_ptr<TransformerMlp> m_mlp;
};

/// Blocks in a row, registered as `0`, `1`, …
class TransformerBlocks : public torch::nn::Module
{
public:
    /// @param dropPathMost  of the last block; it rises linearly from 0
    TransformerBlocks(TransformerOptions options, int blocks, double dropPathMost = 0);

    torch::Tensor forward(torch::Tensor x, const torch::Tensor &keys = {});
    /// The same, keeping the attention of every block.
    torch::Tensor forward(torch::Tensor x, const torch::Tensor &keys, std::vector<torch::Tensor> &weights);
    /// What forward() gives for the first token, [N, 1, D]: the last block does little for the others. `weights` get
    /// the attention of every block, that of the last of this token alone.
    torch::Tensor forwardFirst(torch::Tensor x, std::vector<torch::Tensor> *weights = nullptr);
    /// The same, keeping what comes out of every block.
    std::vector<torch::Tensor> states(torch::Tensor x);

private:
    std::vector<std::shared_ptr<TransformerBlock>> m_blocks;
};

/// Convolution of P x P with stride P, flattened row by row to [N, T, D].
class PatchEmbedding : public torch::nn::Module
{
public:
    PatchEmbedding(int channels, int patch, int width, const std::string &name = "proj");
    torch::Tensor forward(const torch::Tensor &images);

private:
    torch::nn::Conv2d m_projection;
};

/// Layer of a parameter for learning rates that differ by depth (`models.md` 5.2): 0 for tokens and patch embedding,
/// i + 1 for `blocks.i`, `blocks` + 1 for what stands behind them.
int transformerLayer(const std::string &parameter, int blocks);

/// [N, T, D] of a square grid, row by row, as a map [N, D, g, g].
torch::Tensor tokensAsMap(const torch::Tensor &tokens);

} // namespace mien
