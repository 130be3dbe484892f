#include "models/networks/reliability_balancing.h"

#include "models/losses/arbex.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

namespace mien {
namespace {

/// A module that only holds others, for the names of the published checkpoints.
using Group = torch::nn::Module;

int headsFor(const ReliabilityOptions &options)
{
    const int size = options.classes * options.anchors;
    int heads = options.heads;
    for (int candidate = 8; heads == 0; --candidate)
        if (size % candidate == 0)
            heads = candidate;
    TORCH_CHECK(heads > 0 && size % heads == 0, heads, " attention heads do not divide ", size);
    return heads;
}

} // namespace

torch::Tensor ReliabilityViews::final() const
{
    return weightedByConfidence(primary, primaryConfidence, correction, confidence(correction));
}

torch::Tensor ReliabilityViews::finalFromAnchors() const
{
    return weightedByConfidence(primary, primaryConfidence, anchorCorrection, anchorConfidence);
}

ReliabilityBalancing::ReliabilityBalancing(const ReliabilityOptions &options)
    : m_options(options)
{
    m_options.heads = headsFor(options);
    const int size = options.classes * options.anchors;

    auto anchorGroup = register_module("anchors", std::make_shared<Group>());
    const double spread = 1 / std::sqrt(double(options.width));
    m_anchors = anchorGroup->register_parameter(
        "anchors", torch::randn({options.classes, options.anchors, options.width}) * spread);

    auto attentionGroup = register_module("self_attn", std::make_shared<Group>());
    m_query = attentionGroup->register_module("Q", torch::nn::Linear(options.width, size));
    m_key = attentionGroup->register_module("K", torch::nn::Linear(options.width, size));
    m_value = attentionGroup->register_module("V", torch::nn::Linear(options.width, size));
    m_attention = attentionGroup->register_module("attn_fn", torch::nn::MultiheadAttention(size, m_options.heads));

    int in = options.width;
    for (const int hidden : options.hidden) {
        m_classifier->push_back(torch::nn::Linear(in, hidden));
        m_classifier->push_back(torch::nn::ReLU());
        m_classifier->push_back(torch::nn::BatchNorm1d(hidden));
        m_classifier->push_back(torch::nn::Dropout(options.dropout));
        in = hidden;
    }
    m_classifier->push_back(torch::nn::Linear(in, options.classes));
    auto classifierGroup = register_module("classifier", std::make_shared<Group>());
    classifierGroup->register_module("net", m_classifier);
}

ReliabilityViews ReliabilityBalancing::forward(const torch::Tensor &embedding, AttentionScope scope)
{
    ReliabilityViews views;
    views.logits = m_classifier->forward(embedding);
    views.primary = torch::softmax(views.logits / m_options.temperature, 1);
    views.primaryConfidence = confidence(views.primary);

    // The 1e-12 keeps the gradient finite for an embedding that sits on an anchor.
    views.distances = ((m_anchors.unsqueeze(0) - embedding.unsqueeze(1).unsqueeze(1)).square().sum(3) + 1e-12).sqrt();
    views.similarities = torch::softmax(-views.distances.flatten(1) / m_options.delta, 1).view_as(views.distances);
    views.anchorCorrection = views.similarities.sum(2);
    views.anchorConfidence = confidence(views.anchorCorrection);

    views.attentionProjection = attention(embedding, scope);
    views.attentiveCorrection = torch::softmax(views.attentionProjection, 1).view_as(views.distances).sum(2);
    views.attentiveConfidence = confidence(views.attentiveCorrection);

    views.correction = weightedByConfidence(views.anchorCorrection, views.anchorConfidence, views.attentiveCorrection,
                                            views.attentiveConfidence);
    return views;
}

torch::Tensor ReliabilityBalancing::attention(const torch::Tensor &embedding, AttentionScope scope)
{
    const std::int64_t size = m_attention->in_proj_weight.size(1);
    const auto projected = [&](torch::nn::Linear &outer, int part) { // q, k or v of the inner attention: [N, S]
        return torch::linear(outer(embedding), m_attention->in_proj_weight.narrow(0, part * size, size),
                             m_attention->in_proj_bias.narrow(0, part * size, size));
    };
    const torch::Tensor value = projected(m_value, 2);
    // Alone, a row has one key, whose softmax is 1: the attention passes the value on.
    if (scope == AttentionScope::Sample)
        return m_attention->out_proj->forward(value);

    const std::int64_t heads = m_options.heads, headWidth = size / heads;
    const auto byHead = [&](const torch::Tensor &x) { return x.view({-1, heads, headWidth}).transpose(0, 1); };
    const torch::Tensor scores =
        torch::matmul(byHead(projected(m_query, 0)), byHead(projected(m_key, 1)).transpose(1, 2)) /
        std::sqrt(double(headWidth)); // [heads, N, N]
    const torch::Tensor merged = torch::matmul(torch::softmax(scores, 2), byHead(value)).transpose(0, 1).flatten(1);
    return m_attention->out_proj->forward(merged);
}

void ReliabilityBalancing::startAnchors(const torch::Tensor &embeddings, const torch::Tensor &labels,
                                        std::uint64_t seed)
{
    const torch::NoGradGuard noGradient;
    const torch::Generator generator = at::detail::createCPUGenerator(seed);
    for (int c = 0; c < m_options.classes; ++c) {
        const torch::Tensor own = (labels == c).nonzero().flatten().to(torch::kCPU);
        if (own.numel() == 0)
            continue;
        // Without replacement while there are enough; a rare class repeats its samples, told apart by the noise.
        const torch::Tensor order = torch::randperm(own.numel(), generator);
        const torch::Tensor picks =
            own.index_select(0, order.index_select(0, torch::arange(m_options.anchors) % own.numel()));
        const torch::Tensor noise = torch::randn({m_options.anchors, m_options.width}, generator) * 0.01;
        m_anchors[c].copy_(embeddings.index_select(0, picks.to(embeddings.device())) + noise.to(embeddings.device()));
    }
}

void ReliabilityBalancing::projectAnchors()
{
    const torch::NoGradGuard noGradient;
    const double most = std::sqrt(double(m_options.width));
    const torch::Tensor norm = m_anchors.norm(2, 2, true);
    m_anchors.mul_(torch::where(norm > most, most / norm, torch::ones_like(norm)));
}

} // namespace mien
