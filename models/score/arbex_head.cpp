#include "models/score/arbex_head.h"

#include "models/base/counter_random.h"
#include "models/io/torch_tensors.h"
#include "models/losses/arbex.h"
#include "models/losses/cross_entropy.h"
#include "models/train/compute_mode.h"
#include "models/train/optimiser.h"
#include "models/train/row_block.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

namespace mien {

namespace {

constexpr std::uint64_t kOrder = 0x6172626578; // operator index of the draws here
constexpr int kEpochs = 5;
constexpr std::size_t kBatch = 128;
constexpr std::size_t kSmallBatch = 32;  // the anchors' losses wait for 50 steps to find their scale: a small set
constexpr std::size_t kSmallSet = 4'000; // would have no more than that in five epochs of large batches
constexpr double kRate = 1e-3; // 4.6 has 3e-4, for a thousand epochs of a network; here are five of a small head
constexpr double kStopShare = 0.1;
constexpr std::int64_t kScoreBlock = 512;
constexpr std::int64_t kNearAnchors = 3;

} // namespace

struct ArbexHead::Layers : torch::nn::Module
{
    Layers(int width, const ReliabilityOptions &options)
        : reduce(register_module("reduce", torch::nn::Linear(width, options.width)))
        , balancing(register_module("balancing", std::make_shared<ReliabilityBalancing>(options)))
        , mean(register_buffer("mean", torch::zeros({width})))
        , deviation(register_buffer("deviation", torch::ones({width})))
    {
    }

    torch::Tensor embedding(const torch::Tensor &features) { return reduce((features - mean) / deviation); }

    torch::nn::Linear reduce;
    std::shared_ptr<ReliabilityBalancing> balancing;
    torch::Tensor mean;
    torch::Tensor deviation;
};

ArbexHead::ArbexHead(std::shared_ptr<Layers> layers)
    : m_layers(std::move(layers))
{
}

Result<ArbexHead> ArbexHead::train(const torch::Tensor &features, const torch::Tensor &labels, int classes,
                                   std::uint64_t seed, const Job &job)
{
    const OneThreadScope oneThread;
    torch::manual_seed(CounterRandom(seed, 0, 0, kOrder).next() >> 1);
    ReliabilityOptions options;
    options.classes = classes;
    ArbexHead head(std::make_shared<Layers>(int(features.size(1)), options));
    Layers &layers = *head.m_layers;
    const auto count = features.size(0);

    // A slice of the training part decides when to stop; the rest is learned from.
    std::vector<std::int64_t> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    CounterRandom random(seed, 1, 0, kOrder);
    const auto shuffle = [&] {
        for (std::size_t i = order.size(); i > 1; --i)
            std::swap(order[i - 1], order[random.below(i)]);
    };
    shuffle();
    const auto stopCount = std::min<std::size_t>(std::size_t(double(count) * kStopShare), 2000);
    const auto stopRows =
        torch::tensor(std::vector<std::int64_t>(order.begin(), order.begin() + std::ptrdiff_t(stopCount)));
    order.erase(order.begin(), order.begin() + std::ptrdiff_t(stopCount));
    {
        const torch::NoGradGuard noGradients;
        const auto rows = torch::tensor(order);
        const auto part = features.index_select(0, rows);
        layers.mean.copy_(part.mean(0));
        layers.deviation.copy_(part.std(0, /*unbiased=*/false).clamp_min(1e-6));
        layers.balancing->startAnchors(layers.embedding(part), labels.index_select(0, rows), seed);
    }
    const auto weights = inverseFrequencyWeights(labels.index_select(0, torch::tensor(order)), classes);

    Optimiser optimiser(layers.parameters(), {.name = "adam", .weightDecay = 0, .clip = 5});
    ArbexLossScale scale;
    const std::size_t batchSize = order.size() < kSmallSet ? kSmallBatch : kBatch;
    const auto batches = (order.size() + batchSize - 1) / batchSize;
    const double lastStep = double(std::max<std::size_t>(batches * kEpochs, 2) - 1);
    double bestLoss = std::numeric_limits<double>::infinity();
    std::vector<torch::Tensor> best;
    double step = 0;
    for (int epoch = 0; epoch < kEpochs; ++epoch) {
        shuffle();
        layers.train();
        for (std::size_t batch = 0; batch < batches; ++batch, ++step) {
            if (job.stop.stop_requested())
                return fail(ErrorCode::Cancelled, "Scoring was stopped.");
            const auto first = order.begin() + std::ptrdiff_t(batch * batchSize);
            const auto size = std::min<std::size_t>(batchSize, order.size() - batch * batchSize);
            if (size < 2)
                continue; // batch normalisation has no variance of one sample
            const auto rows = torch::tensor(std::vector<std::int64_t>(first, first + std::ptrdiff_t(size)));
            const auto given = labels.index_select(0, rows);
            const double trust = step / lastStep;
            const auto views = layers.balancing->forward(layers.embedding(features.index_select(0, rows)));
            const auto fused = trainingFusion(views.primary, views.primaryConfidence, views.correction, trust);
            const auto classification = distributionLoss(fused, given, weights);
            const auto anchors = anchorLoss(layers.balancing->anchors());
            const auto centres = centerLoss(views.distances, views.primaryConfidence, given, options.width);
            scale.observe(classification.item<double>(), anchors.item<double>(), centres.item<double>());
            optimiser.zeroGradients();
            (classification + trust * scale.weighted(classification, anchors, centres)).backward();
            optimiser.step(kRate);
            layers.balancing->projectAnchors();
        }
        layers.eval();
        if (stopCount == 0)
            continue;
        const torch::NoGradGuard noGradients;
        const auto judged = layers.balancing->forward(layers.embedding(features.index_select(0, stopRows))).final();
        const double loss = distributionLoss(judged, labels.index_select(0, stopRows)).item<double>();
        if (!(loss < bestLoss))
            break; // early stop: it only gets worse from here in so few epochs
        bestLoss = loss;
        best.clear();
        for (const auto &tensor : layers.parameters())
            best.push_back(tensor.detach().clone());
        for (const auto &tensor : layers.buffers())
            best.push_back(tensor.detach().clone());
    }
    if (!best.empty()) {
        const torch::NoGradGuard noGradients;
        std::size_t i = 0;
        for (auto &tensor : layers.parameters())
            tensor.copy_(best[i++]);
        for (auto &tensor : layers.buffers())
            tensor.copy_(best[i++]);
    }
    layers.eval();
    return head;
}

ArbexHead::Scores ArbexHead::score(const torch::Tensor &features) const
{
    const torch::NoGradGuard noGradients;
    std::vector<std::vector<torch::Tensor>> parts(9);
    for (std::int64_t first = 0; first < features.size(0); first += kScoreBlock) {
        const auto views = m_layers->balancing->forward(m_layers->embedding(rowBlock(features, first, kScoreBlock)));
        const auto judged = views.final();
        const auto perClass = views.distances.size(2);
        const auto [distance, position] = views.distances.flatten(1).min(1);
        const auto nearest = torch::stack({position.div(perClass, "floor"), position.remainder(perClass)}, 1);
        const auto [nearDistances, near] = views.distances.flatten(1).topk(kNearAnchors, 1, /*largest=*/false);
        const auto nearAnchors = torch::stack({near.div(perClass, "floor"), near.remainder(perClass)}, 2).flatten(1);
        const std::vector<torch::Tensor> values = {judged,
                                                   views.primary,
                                                   views.anchorCorrection,
                                                   views.attentiveCorrection,
                                                   confidence(judged).squeeze(1),
                                                   nearest,
                                                   distance,
                                                   nearAnchors,
                                                   nearDistances};
        for (std::size_t i = 0; i < parts.size(); ++i)
            parts[i].push_back(values[i]);
    }
    const auto joined = [&](std::size_t i) { return joinedBlocks(parts[i], features.size(0)); };
    return {joined(0), joined(1), joined(2), joined(3), joined(4), joined(5), joined(6), joined(7), joined(8)};
}

Result<> ArbexHead::write(const std::filesystem::path &path, const std::string &modelHash) const
{
    SafetensorsWriter writer;
    addModule(writer, *m_layers);
    writer.setMetadata("format", "mien-arbex-head/1");
    writer.setMetadata("model_hash", modelHash);
    return writer.write(path);
}

} // namespace mien
