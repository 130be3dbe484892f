#include "models/networks/arbex.h"

#include "models/losses/cross_entropy.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mien {
namespace {

constexpr std::int64_t kStartBlock = 32; // faces in one pass

} // namespace

Arbex::Arbex(NetworkConfig config, const ArbexLayout &layout)
    : Poster(std::move(config), layout.poster, /*withHead=*/false)
    , m_layout(layout)
{
    if (layout.balancing.width < layout.poster.fusedWidth)
        m_reduce = register_module("reduce", torch::nn::Linear(layout.poster.fusedWidth, layout.balancing.width));
    else
        m_layout.balancing.width = layout.poster.fusedWidth;
    if (this->config().classes == 0)
        return;
    m_layout.balancing.classes = this->config().classes;
    m_balancing = std::make_shared<ReliabilityBalancing>(m_layout.balancing);
    for (const auto &part : m_balancing->named_children()) // under the published names, without one for the whole
        register_module(part.key(), part.value());
    auto state = std::make_shared<torch::nn::Module>();
    const auto numbers = ArbexLossScale().numbers();
    m_scaleNumbers = state->register_buffer(
        "scale", torch::tensor(std::vector<double>(numbers.begin(), numbers.end()), torch::kFloat64));
    keepLossState(state);
}

torch::Tensor Arbex::reduced(const torch::Tensor &embedding)
{
    return m_reduce ? m_reduce(embedding) : embedding;
}

NetworkViews Arbex::viewsOf(const PosterViews &stages)
{
    NetworkViews views = Poster::viewsOf(stages);
    views.pooled = reduced(views.pooled);
    if (!m_balancing)
        return views;
    const ReliabilityViews balanced = m_balancing->forward(views.pooled, AttentionScope::Sample);
    const bool anchorsAlone = m_layout.scope == AttentionScope::Batch;
    const auto final = anchorsAlone ? balanced.finalFromAnchors() : balanced.final();
    views.logits = final.clamp_min(1e-12).log();
    views.parts = {{"primary", balanced.primary},
                   {"primary_confidence", balanced.primaryConfidence},
                   {"distances", balanced.distances},
                   {"similarities", balanced.similarities},
                   {"anchor_correction", balanced.anchorCorrection},
                   {"anchor_confidence", balanced.anchorConfidence},
                   {"attentive_correction", balanced.attentiveCorrection},
                   {"attentive_confidence", balanced.attentiveConfidence},
                   {"correction", anchorsAlone ? balanced.anchorCorrection : balanced.correction},
                   {"final", final}};
    return views;
}

/// Up to e; the loss balances it, in full precision.
NetworkViews Arbex::forwardTraining(NetworkInput faces, std::int64_t, const LossSettings &)
{
    NetworkViews views;
    views.pooled = reduced(stages(faces.images).embedding);
    return views;
}

ArbexLossScale Arbex::lossScale() const
{
    ArbexLossScale scale;
    const auto stored = m_scaleNumbers.cpu();
    std::array<double, ArbexLossScale::count> numbers{};
    std::copy_n(stored.const_data_ptr<double>(), numbers.size(), numbers.begin());
    scale.setNumbers(numbers);
    return scale;
}

torch::Tensor Arbex::loss(const NetworkViews &views, const torch::Tensor &labels, const LossSettings &settings)
{
    const auto size = labels.size(0);
    const bool both = settings.classifyBoth && views.pooled.size(0) > size;
    const auto e = (both ? views.pooled : views.pooled.narrow(0, 0, size)).to(torch::kFloat32);
    const auto given = both ? labels.repeat({2}) : labels;
    const double trust = settings.progress;

    const ReliabilityViews balanced = m_balancing->forward(e, m_layout.scope);
    const auto fused = trainingFusion(balanced.primary, balanced.primaryConfidence, balanced.correction, trust);
    const auto classification = distributionLoss(fused, settings.targetsOr(labels, both), settings.classWeights,
                                                 settings.weighting, settings.labelSmoothing);
    const auto anchor = anchorLoss(m_balancing->anchors());
    const auto center = centerLoss(balanced.distances, balanced.primaryConfidence, given, m_layout.balancing.width);
    m_classification = classification.detach();
    m_anchor = anchor.detach();
    m_center = center.detach();
    if (m_layout.automaticWeights)
        return classification + trust * lossScale().weighted(classification, anchor, center);
    return classification + trust * (m_layout.anchorWeight * anchor + m_layout.centerWeight * center);
}

void Arbex::afterStep()
{
    m_balancing->projectAnchors();
    ArbexLossScale scale = lossScale();
    if (!m_layout.automaticWeights || scale.isSettled())
        return;
    scale.observe(m_classification.item<double>(), m_anchor.item<double>(), m_center.item<double>());
    const auto numbers = scale.numbers();
    m_scaleNumbers.copy_(torch::tensor(std::vector<double>(numbers.begin(), numbers.end()), torch::kFloat64));
}

/// With the batches' own statistics, as training will see them: those of a fresh network mean nothing yet.
void Arbex::startFrom(NetworkInput faces, const torch::Tensor &labels, std::uint64_t seed)
{
    const torch::NoGradGuard noGradients;
    std::vector<torch::Tensor> embeddings;
    const auto count = faces.images.size(0);
    const auto blocks = (count + kStartBlock - 1) / kStartBlock;
    for (const auto &block : faces.images.chunk(blocks))
        embeddings.push_back(reduced(stages(block).embedding).to(torch::kFloat32));
    m_balancing->startAnchors(torch::cat(embeddings), labels, seed);
}

namespace {

std::shared_ptr<Network> buildArbex(const NetworkConfig &config)
{
    const auto &options = config.options;
    ArbexLayout layout;
    layout.poster = posterLayout(config);
    layout.balancing.anchors = options.at("anchors").get<int>();
    layout.balancing.width = options.at("embedding").get<int>();
    if (isTiny(config))
        layout.balancing.width = std::min(layout.balancing.width, 32);
    if (options.at("hidden") == "384-192-96")
        layout.balancing.hidden = {384, 192, 96};
    layout.balancing.heads = options.at("attention_heads") == "1" ? 1 : 0;
    layout.balancing.delta = options.at("delta").get<double>();
    layout.balancing.temperature = options.at("temperature").get<double>();
    layout.balancing.dropout = options.at("dropout").get<double>();
    layout.scope = options.at("attention") == "batch" ? AttentionScope::Batch : AttentionScope::Sample;
    layout.automaticWeights = options.at("loss_weights") == "automatic";
    layout.anchorWeight = options.at("anchor_weight").get<double>();
    layout.centerWeight = options.at("center_weight").get<double>();
    return std::make_shared<Arbex>(config, layout);
}

std::vector<NetworkOption> arbexOptions()
{
    const auto number = [](const std::string &name, double standard, double least, double most,
                           const std::string &help) {
        return NetworkOption{.name = name,
                             .type = NetworkOption::Type::Number,
                             .standard = standard,
                             .least = least,
                             .most = most,
                             .help = help};
    };
    auto options = posterOptions();
    options.insert(
        options.end(),
        {{.name = "anchors",
          .type = NetworkOption::Type::Integer,
          .standard = 10,
          .least = 1,
          .most = 64,
          .help = "anchors of each class, learnt points that pull the label; 8 to 10 were best in the paper"},
         {.name = "embedding",
          .type = NetworkOption::Type::Integer,
          .standard = 128,
          .least = 8,
          .most = 768,
          .help = "numbers of a face's embedding; 768: without the reduction, as the public code"},
         {.name = "hidden",
          .standard = "64-64",
          .values = {"64-64", "384-192-96"},
          .help = "widths of the primary classifier: the paper's, or the public code's"},
         {.name = "attention_heads",
          .standard = "most",
          .values = {"most", "1"},
          .help = "heads of the attentive correction: as many up to 8 as divide classes times anchors, or one as the "
                  "public code"},
         {.name = "attention",
          .standard = "sample",
          .values = {"sample", "batch"},
          .help = "batch: faces of a batch attend to each other in training, as in the public code; then only anchors "
                  "correct when it is used"},
         number("delta", 1, 0.01, 100, "distance at which an anchor's pull has fallen to a third"),
         number("temperature", 1, 0.01, 100, "of the primary distribution; above 1 it is flatter"),
         number("dropout", 0.5, 0, 0.9, "share of the primary classifier's numbers that a step leaves out"),
         {.name = "loss_weights",
          .standard = "automatic",
          .values = {"automatic", "manual"},
          .help = "of the anchor and center losses: automatic: a tenth of the classification's each, measured over 50 "
                  "steps, and no more than that in any step"},
         number("anchor_weight", 1, 0, 1000, "of the anchor loss where loss_weights is manual"),
         number("center_weight", 1, 0, 1000, "of the center loss where loss_weights is manual")});
    return options;
}

} // namespace

std::vector<NetworkPlan> arbexPlans()
{
    return {
        {.name = "arbex",
         .title = "ARBEx: POSTER++ whose labels are corrected by how reliable they are",
         .goodFor =
             "expressions where labels are doubtful: each face gets a corrected distribution and how far to trust it",
         .needs = "a GPU in its full size, and weights of IR-50 and MobileFaceNet for figures like the published ones",
         .weights = "IR-50 and MobileFaceNet (MS-Celeb-1M) as the authors of POSTER++ offer them beside their code, "
                    "for research",
         .source = "Wasi et al., ARBEx: Attentive Feature Extraction with Reliability Balancing for Robust Facial "
                   "Expression Learning, 2023",
         .options = arbexOptions(),
         .sides = posterSides,
         .build = buildArbex}};
}

} // namespace mien
