#include "models/losses/arbex.h"
#include "models/losses/cross_entropy.h"
#include "models/losses/dan.h"
#include "models/losses/eac.h"
#include "models/networks/network.h"
#include "models/networks/reliability_balancing.h"

#include <QTest>

#include <torch/torch.h>

#include <array>
#include <cmath>
#include <functional>

using namespace mien;
using torch::Tensor;

namespace {

const torch::TensorOptions kDouble = torch::TensorOptions(torch::kFloat64);

Tensor randomTensor(std::vector<std::int64_t> shape)
{
    return torch::randn(shape, kDouble);
}

Tensor randomDistribution(std::int64_t rows, std::int64_t classes)
{
    return torch::softmax(randomTensor({rows, classes}), 1);
}

Tensor labels(std::vector<std::int64_t> values)
{
    return torch::tensor(values, torch::kInt64);
}

bool same(const Tensor &a, const Tensor &b, double tolerance = 1e-12)
{
    return a.sizes() == b.sizes() && (a - b).abs().max().item<double>() <= tolerance;
}

/// Compares the gradient of a scalar function of `x` with central differences. In double with steps of 1e-6 these are
/// exact to about 1e-9 of the function's scale; 1e-6 leaves room for curvature.
bool gradientIsRight(const Tensor &start, const std::function<Tensor(const Tensor &)> &function)
{
    Tensor x = start.clone().requires_grad_();
    function(x).backward();
    const Tensor gradient = x.grad().contiguous();
    const torch::NoGradGuard noGradient;
    constexpr double step = 1e-6;
    double worst = 0;
    for (std::int64_t i = 0; i < start.numel(); ++i) {
        const auto moved = [&](double by) {
            Tensor y = start.clone().contiguous();
            y.view(-1)[i] += by;
            return function(y).item<double>();
        };
        const double expected = (moved(step) - moved(-step)) / (2 * step);
        const double error = std::abs(gradient.view(-1)[i].item<double>() - expected);
        worst = std::max(worst, error / std::max(1.0, std::abs(expected)));
    }
    if (worst > 1e-6)
        qWarning("gradient is off by %g", worst);
    return worst <= 1e-6;
}

ReliabilityBalancing smallHead()
{
    ReliabilityOptions options;
    options.classes = 3;
    options.anchors = 2;
    options.width = 5;
    options.hidden = {4};
    ReliabilityBalancing head(options);
    head.to(torch::kFloat64);
    head.eval();
    return head;
}

} // namespace

class TstLosses : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { torch::manual_seed(11); }

    void gradients_data();
    void gradients();
    void crossEntropyReductions();
    void sureTargetsAreLabels();
    void networksLearnTargets();
    void weightsOfRareClasses();
    void affinityIsADistanceInUnitsOfTheCentres();
    void headsThatAgreeArePulledApart();
    void consistencyIgnoresWhoIsTheMirror();
    void consistencyDoesNotTrainTheClassifier();
    void consistencySplitsIntoSamples();
    void inconsistencyRange();
    void suggestionTakesTheFirstOfEqual();
    void confidenceEnds();
    void uniformCorrectionsKeepThePrimary();
    void anchorOrderDoesNotMatter();
    void classOrderDoesNotMatter();
    void sampleScopeDoesNotSeeTheBatch();
    void anchorsStartAndStayInside();
    void lossScale();
};

void TstLosses::gradients_data()
{
    QTest::addColumn<QString>("which");
    for (const char *name : {"cross entropy",
                             "cross entropy, weighted, by count, smoothed",
                             "cross entropy, soft targets",
                             "cross entropy, soft targets, weighted, by count, smoothed",
                             "distribution loss",
                             "distribution loss, smoothed",
                             "distribution loss, soft targets",
                             "flip consistency",
                             "flip consistency, mirrored",
                             "EAC total",
                             "entropy",
                             "confidence-weighted mean",
                             "training fusion",
                             "affinity, features",
                             "affinity, centres",
                             "partition",
                             "thesis total, features",
                             "thesis total, second views",
                             "anchor loss",
                             "center loss",
                             "center loss, confidence",
                             "final, embedding",
                             "training loss, embedding",
                             "training loss, anchors"})
        QTest::newRow(name) << name;
}

void TstLosses::gradients()
{
    QFETCH(QString, which);
    const Tensor y = labels({2, 0, 1, 2}), weights = torch::tensor({0.5, 2.0, 1.25}, kDouble);
    const Tensor logits = randomTensor({4, 3});
    const Tensor pick = randomTensor({4, 3}); // makes one number of a distribution
    Tensor start;
    std::function<Tensor(const Tensor &)> function;

    if (which == "cross entropy") {
        start = logits;
        function = [&](const Tensor &x) { return crossEntropy(x, y); };
    } else if (which == "cross entropy, weighted, by count, smoothed") {
        start = logits;
        function = [&](const Tensor &x) { return crossEntropy(x, y, weights, WeightedMean::ByCount, 0.11); };
    } else if (which.startsWith("cross entropy, soft targets")) {
        start = logits;
        const Tensor targets = randomDistribution(4, 3);
        const bool plain = !which.endsWith("smoothed");
        function = [=](const Tensor &x) {
            return plain ? crossEntropy(x, targets) : crossEntropy(x, targets, weights, WeightedMean::ByCount, 0.11);
        };
    } else if (which == "distribution loss, soft targets") {
        start = randomDistribution(4, 3);
        const Tensor targets = randomDistribution(4, 3);
        function = [=](const Tensor &x) { return distributionLoss(x, targets, weights); };
    } else if (which == "distribution loss") {
        start = randomDistribution(4, 3);
        function = [&](const Tensor &x) { return distributionLoss(x, y, weights); };
    } else if (which == "distribution loss, smoothed") {
        start = randomDistribution(4, 3);
        function = [&](const Tensor &x) { return distributionLoss(x, y, weights, WeightedMean::BySumOfWeights, 0.11); };
    } else if (which.startsWith("flip consistency")) {
        start = randomTensor({2, 3, 2, 3});
        const Tensor other = randomTensor({2, 3, 2, 3});
        const bool mirrored = which.endsWith("mirrored");
        function = [=](const Tensor &x) {
            return mirrored ? flipConsistencyLoss(other, x) : flipConsistencyLoss(x, other);
        };
    } else if (which == "EAC total") {
        start = randomTensor({4, 5, 2, 3});
        const Tensor other = randomTensor({4, 5, 2, 3}), weight = randomTensor({3, 5});
        function = [=](const Tensor &x) {
            return eacLoss(x, other, torch::matmul(x.mean({2, 3}), weight.t()), weight, y, 3).total;
        };
    } else if (which == "entropy") {
        start = randomDistribution(4, 3);
        function = [](const Tensor &x) { return normalisedEntropy(x).square().sum(); };
    } else if (which == "confidence-weighted mean") {
        start = randomDistribution(4, 3);
        const Tensor other = randomDistribution(4, 3);
        function = [=](const Tensor &x) {
            return (weightedByConfidence(x, confidence(x), other, confidence(other)) * pick).sum();
        };
    } else if (which == "training fusion") {
        start = randomDistribution(4, 3);
        const Tensor other = randomDistribution(4, 3);
        function = [=](const Tensor &x) { return (trainingFusion(x, confidence(x), other, 0.4) * pick).sum(); };
    } else if (which == "affinity, features") {
        start = randomTensor({4, 5});
        const Tensor centres = randomTensor({3, 5});
        function = [=](const Tensor &x) { return affinityLoss(x, y, centres); };
    } else if (which == "affinity, centres") {
        start = randomTensor({3, 5});
        const Tensor features = randomTensor({4, 5});
        function = [=](const Tensor &x) { return affinityLoss(features, y, x); };
    } else if (which == "partition") {
        start = torch::log_softmax(randomTensor({4, 3, 5}), 1);
        function = [](const Tensor &x) { return partitionLoss(x); };
    } else if (which.startsWith("thesis total")) {
        start = randomTensor({4, 5, 2, 3});
        const Tensor other = randomTensor({4, 5, 2, 3}), weight = randomTensor({3, 5}), centres = randomTensor({3, 5});
        const bool second = which.endsWith("second views");
        function = [=](const Tensor &x) {
            const Tensor &first = second ? other : x;
            const Tensor heads = torch::log_softmax(torch::stack({first.mean({2, 3}), first.amax({2, 3})}, 1), 1);
            return danLoss({.features = first,
                            .heads = heads,
                            .logits = torch::matmul(heads.sum(1), weight.t()),
                            .labels = y,
                            .centres = centres,
                            .weight = weight,
                            .firstViews = first,
                            .secondViews = second ? x : other},
                           {1, 1, 4})
                .total;
        };
    } else if (which == "anchor loss") {
        start = randomTensor({3, 2, 4});
        function = [](const Tensor &x) { return anchorLoss(x); };
    } else if (which == "center loss") {
        start = randomTensor({4, 3, 2}).abs() + 0.1;
        const Tensor certainty = torch::rand({4, 1}, kDouble);
        function = [=](const Tensor &x) { return centerLoss(x, certainty, y, 5); };
    } else if (which == "center loss, confidence") {
        start = torch::rand({4, 1}, kDouble);
        const Tensor distances = randomTensor({4, 3, 2}).abs();
        function = [=](const Tensor &x) { return centerLoss(distances, x, y, 5); };
    } else {
        const auto head = std::make_shared<ReliabilityBalancing>(smallHead());
        const Tensor embedding = randomTensor({4, 5});
        const auto trainingLoss = [=](const Tensor &e) {
            const ReliabilityViews views = head->forward(e, AttentionScope::Batch);
            const Tensor fused = trainingFusion(views.primary, views.primaryConfidence, views.correction, 0.6);
            return distributionLoss(fused, y) + anchorLoss(head->anchors()) +
                   centerLoss(views.distances, views.primaryConfidence, y, 5);
        };
        if (which == "final, embedding") {
            start = embedding;
            function = [=](const Tensor &x) { return (head->forward(x).final() * pick).sum(); };
        } else if (which == "training loss, embedding") {
            start = embedding;
            function = trainingLoss;
        } else {
            Tensor anchors = head->anchors();
            trainingLoss(embedding).backward();
            const Tensor gradient = anchors.grad().clone();
            const torch::NoGradGuard noGradient;
            for (std::int64_t i = 0; i < anchors.numel(); ++i) {
                const auto moved = [&](double by) {
                    anchors.view(-1)[i] += by;
                    const double value = trainingLoss(embedding).item<double>();
                    anchors.view(-1)[i] -= by;
                    return value;
                };
                const double expected = (moved(1e-6) - moved(-1e-6)) / 2e-6;
                QVERIFY(std::abs(gradient.view(-1)[i].item<double>() - expected) <
                        1e-6 * std::max(1.0, std::abs(expected)));
            }
            return;
        }
    }
    QVERIFY(gradientIsRight(start, function));
}

void TstLosses::crossEntropyReductions()
{
    const Tensor logits = randomTensor({4, 3}), y = labels({2, 0, 1, 2}),
                 weights = torch::tensor({0.5, 2.0, 1.25}, kDouble);
    namespace F = torch::nn::functional;
    QVERIFY(same(crossEntropy(logits, y), F::cross_entropy(logits, y)));
    QVERIFY(same(crossEntropy(logits, y, weights),
                 F::cross_entropy(logits, y, F::CrossEntropyFuncOptions().weight(weights))));
    QVERIFY(same(crossEntropy(logits, y, weights, WeightedMean::ByCount),
                 F::cross_entropy(logits, y, F::CrossEntropyFuncOptions().weight(weights).reduction(torch::kSum)) / 4));
    QVERIFY(same(crossEntropy(logits, y, weights, WeightedMean::BySumOfWeights, 0.11),
                 F::cross_entropy(logits, y, F::CrossEntropyFuncOptions().weight(weights).label_smoothing(0.11))));
    QVERIFY(same(distributionLoss(torch::softmax(logits, 1), y, weights), crossEntropy(logits, y, weights)));
}

void TstLosses::sureTargetsAreLabels()
{
    const Tensor logits = randomTensor({4, 3}), y = labels({2, 0, 1, 2}),
                 weights = torch::tensor({0.5, 2.0, 1.25}, kDouble);
    const Tensor sure = torch::one_hot(y, 3).to(kDouble), p = torch::softmax(logits, 1);
    for (const WeightedMean mean : {WeightedMean::BySumOfWeights, WeightedMean::ByCount})
        for (const double smoothing : {0.0, 0.11})
            for (const Tensor &w : {Tensor(), weights}) {
                QVERIFY(
                    same(crossEntropy(logits, sure, w, mean, smoothing), crossEntropy(logits, y, w, mean, smoothing)));
                QVERIFY(
                    same(distributionLoss(p, sure, w, mean, smoothing), distributionLoss(p, y, w, mean, smoothing)));
            }
    namespace F = torch::nn::functional;
    const Tensor targets = randomDistribution(4, 3);
    QVERIFY(same(crossEntropy(logits, targets), F::cross_entropy(logits, targets)));
    QVERIFY(same(crossEntropy(logits, targets, {}, WeightedMean::BySumOfWeights, 0.2),
                 F::cross_entropy(logits, targets, F::CrossEntropyFuncOptions().label_smoothing(0.2))));
}

// Every kind of loss takes distributions: least where they are what the network says, and as labels where they are
// sure.
void TstLosses::networksLearnTargets()
{
    for (const char *name : {"eac-compact", "thesis", "arbex", "resnet50v2", "qmask", "visi"}) {
        torch::manual_seed(3);
        const auto network = makeNetwork({.name = name, .classes = 3, .options = {{"preset", "tiny"}}}).value();
        network->eval();
        const auto &config = network->config();
        const Tensor y = labels({2, 0, 1, 2}), x = torch::randn({8, config.channels, config.side, config.side});
        const auto lossOf = [&](const Tensor &targets, bool both) {
            LossSettings settings{.classifyBoth = both, .targets = targets};
            torch::manual_seed(4);
            return network->loss(network->forwardTraining(x, 4, settings), y, settings).item<double>();
        };
        for (const bool both : {false, true}) {
            const double label = lossOf({}, both);
            QVERIFY2(std::abs(lossOf(torch::one_hot(y, 3).to(torch::kFloat32), both) - label) < 1e-5 * std::abs(label),
                     name);
            const double other = lossOf(torch::one_hot((y + 1) % 3, 3).to(torch::kFloat32), both);
            const double between = lossOf(torch::one_hot(y, 3).to(torch::kFloat32) * 0.5 +
                                              torch::one_hot((y + 1) % 3, 3).to(torch::kFloat32) * 0.5,
                                          both);
            QVERIFY2(std::abs(other - label) > 1e-6, name);
            QVERIFY2(std::abs(between - (other + label) / 2) < 1e-4, name); // linear in the targets
        }
    }
}

void TstLosses::weightsOfRareClasses()
{
    const Tensor weights = inverseFrequencyWeights(labels({0, 0, 0, 1}), 3);
    QVERIFY(same(weights, torch::tensor({4.0f / 9, 4.0f / 3, 0.0f}), 1e-6)); // a class without samples has no say
}

void TstLosses::affinityIsADistanceInUnitsOfTheCentres()
{
    const Tensor features = randomTensor({4, 5}), centres = randomTensor({3, 5}), y = labels({2, 0, 1, 2});
    const Tensor own = centres.index_select(0, y);
    const double expected = ((features - own).square().sum() / centres.var(0).sum() / 4).item<double>();
    QVERIFY(std::abs(affinityLoss(features, y, centres).item<double>() - expected) < 1e-10);
    QVERIFY(same(affinityLoss(features, y, centres), affinityLoss(7 * features, y, 7 * centres), 1e-10));
    const Tensor order = labels({2, 0, 1});
    QVERIFY(same(affinityLoss(features, y, centres),
                 affinityLoss(features, order.argsort().index_select(0, y), centres.index_select(0, order))));
    // At its centre nothing is left but the clamp of the eight other entries and of the four own ones.
    QVERIFY(affinityLoss(own, y, centres).item<double>() < 1e-10);
}

void TstLosses::headsThatAgreeArePulledApart()
{
    const Tensor heads = torch::log_softmax(randomTensor({4, 3, 5}), 1);
    QVERIFY(same(partitionLoss(heads), partitionLoss(heads.index_select(1, labels({2, 0, 1})))));
    QVERIFY(partitionLoss(2 * heads).item<double>() < partitionLoss(heads).item<double>());
    QCOMPARE(partitionLoss(heads.slice(1, 0, 1)).item<double>(), 0.0); // one head has nobody to differ from
    const Tensor equal = torch::ones({2, 4, 3}, kDouble).requires_grad_();
    const Tensor loss = partitionLoss(equal);
    QVERIFY(std::abs(loss.item<double>() - std::log(1 + 4 / 2.220446049250313e-16)) < 1e-9);
    loss.backward();
    QCOMPARE(equal.grad().abs().max().item<double>(), 0.0);
}

void TstLosses::consistencyIgnoresWhoIsTheMirror()
{
    const Tensor a = randomTensor({2, 3, 4, 5}), b = randomTensor({2, 3, 4, 5});
    QVERIFY(same(flipConsistencyLoss(a, b), flipConsistencyLoss(b, a)));
    QVERIFY(same(flipConsistencyLoss(a, b), flipConsistencyLoss(a.flip(-1), b.flip(-1))));
    const Tensor order = labels({2, 0, 1});
    QVERIFY(same(flipConsistencyLoss(a, b), flipConsistencyLoss(a.index_select(1, order), b.index_select(1, order))));
    QCOMPARE(flipConsistencyLoss(a, a.flip(-1)).item<double>(), 0.0);
}

void TstLosses::consistencyDoesNotTrainTheClassifier()
{
    Tensor weight = randomTensor({3, 5}).requires_grad_();
    const Tensor features = randomTensor({2, 5, 3, 3}), other = randomTensor({2, 5, 3, 3}).requires_grad_();
    const Tensor logits = randomTensor({2, 3}).requires_grad_();
    eacLoss(features, other, logits, weight, labels({0, 1}), 5).total.backward();
    QVERIFY(!weight.grad().defined());
    QVERIFY(other.grad().defined()); // the mirrored branch is trained
}

void TstLosses::consistencySplitsIntoSamples()
{
    const Tensor maps = randomTensor({5, 3, 4, 4}), mirrored = randomTensor({5, 3, 4, 4});
    const EacScores scores = eacScores(maps, mirrored, randomTensor({5, 3}), randomTensor({5, 3}));
    QVERIFY(same(scores.squaredDistance.mean(), flipConsistencyLoss(maps, mirrored)));
}

void TstLosses::inconsistencyRange()
{
    const Tensor maps = randomTensor({5, 3, 4, 4}), logits = randomTensor({5, 3});
    QVERIFY(same(eacScores(maps, maps.flip(-1), logits, logits).inconsistency, torch::zeros({5, 3}, kDouble)));
    QVERIFY(
        same(eacScores(maps, -maps.flip(-1), logits, logits).inconsistency, torch::full({5, 3}, 4.0, kDouble), 1e-9));
    const EacScores certain = eacScores(maps, maps.flip(-1), logits, logits);
    QVERIFY(same(certain.trust, torch::softmax(logits, 1)));
    QVERIFY(same(eacNoise(certain.trust, logits.argmax(1)), 1 - torch::softmax(logits, 1).amax(1)));
    const Tensor nothing = torch::zeros({1, 3, 4, 4}, kDouble); // maps without energy are no reason to doubt
    QVERIFY(same(eacScores(nothing, nothing, logits.slice(0, 0, 1), logits.slice(0, 0, 1)).inconsistency,
                 torch::zeros({1, 3}, kDouble)));
}

void TstLosses::suggestionTakesTheFirstOfEqual()
{
    QCOMPARE(eacSuggestion(torch::tensor({{0.1, 0.4, 0.4, 0.1}}, kDouble)).item<std::int64_t>(), std::int64_t(1));
}

void TstLosses::confidenceEnds()
{
    QVERIFY(same(confidence(torch::full({1, 7}, 1.0 / 7, kDouble)), torch::zeros({1, 1}, kDouble)));
    QVERIFY(same(confidence(torch::eye(7, kDouble)), torch::ones({7, 1}, kDouble)));
}

void TstLosses::uniformCorrectionsKeepThePrimary()
{
    const Tensor uniform = torch::full({2, 4}, 0.25, kDouble), zero = torch::zeros({2, 1}, kDouble);
    const Tensor primary = torch::tensor({{0.7, 0.1, 0.1, 0.1}, {0.25, 0.25, 0.25, 0.25}}, kDouble);
    QVERIFY(same(weightedByConfidence(uniform, zero, uniform, zero), uniform));
    QVERIFY(same(weightedByConfidence(primary, confidence(primary), uniform, confidence(uniform)), primary));
}

void TstLosses::anchorOrderDoesNotMatter()
{
    ReliabilityBalancing head = smallHead();
    const Tensor e = randomTensor({4, 5}), y = labels({2, 0, 1, 2});
    const torch::NoGradGuard noGradient;
    const ReliabilityViews before = head.forward(e);
    const Tensor loss = anchorLoss(head.anchors()), pairs = anchorPairSum(head.anchors());
    head.anchors().copy_(head.anchors().flip(1).clone()); // every class's anchors in the other order
    const ReliabilityViews after = head.forward(e);
    QVERIFY(same(before.anchorCorrection, after.anchorCorrection));
    QVERIFY(same(before.final(), after.final()));
    QVERIFY(same(loss, anchorLoss(head.anchors())));
    QVERIFY(same(pairs, anchorPairSum(head.anchors())));
    QVERIFY(same(centerLoss(before.distances, before.primaryConfidence, y, 5),
                 centerLoss(after.distances, after.primaryConfidence, y, 5)));
}

void TstLosses::classOrderDoesNotMatter()
{
    const Tensor order = labels({2, 0, 1}), inverse = order.argsort();
    const auto permuted = [&](const Tensor &x) { return x.index_select(1, order); };
    const Tensor p = randomDistribution(4, 3), q = randomDistribution(4, 3), y = labels({2, 0, 1, 2});
    const Tensor weights = torch::tensor({0.5, 2.0, 1.25}, kDouble);
    const Tensor moved = inverse.index_select(0, y);
    QVERIFY(
        same(distributionLoss(p, y, weights), distributionLoss(permuted(p), moved, weights.index_select(0, order))));
    QVERIFY(same(confidence(p), confidence(permuted(p))));
    QVERIFY(same(permuted(weightedByConfidence(p, confidence(p), q, confidence(q))),
                 weightedByConfidence(permuted(p), confidence(p), permuted(q), confidence(q))));
    const Tensor anchors = randomTensor({3, 2, 4});
    QVERIFY(same(anchorLoss(anchors), anchorLoss(anchors.index_select(0, order))));
}

void TstLosses::sampleScopeDoesNotSeeTheBatch()
{
    ReliabilityOptions options;
    ReliabilityBalancing head(options);
    head.eval();
    const torch::NoGradGuard noGradient;
    const Tensor e = torch::randn({32, 128});
    const Tensor together = head.forward(e).final();
    for (std::int64_t i = 0; i < 32; ++i)
        QVERIFY(same(head.forward(e.slice(0, i, i + 1)).final(), together.slice(0, i, i + 1), 1e-5));
    QVERIFY(
        !same(head.forward(e, AttentionScope::Batch).attentionProjection, head.forward(e).attentionProjection, 1e-3));
}

void TstLosses::anchorsStartAndStayInside()
{
    ReliabilityBalancing head = smallHead();
    const Tensor e = randomTensor({6, 5}), y = labels({0, 0, 0, 1, 1, 1}); // class 2 has no sample
    const Tensor untouched = head.anchors()[2].clone();
    head.startAnchors(e, y, 5);
    QVERIFY(same(head.anchors()[2], untouched));
    for (int c = 0; c < 2; ++c)
        for (int k = 0; k < 2; ++k) {
            const Tensor own = e.slice(0, c * 3, c * 3 + 3) - head.anchors()[c][k];
            QVERIFY(own.norm(2, 1).min().item<double>() < 0.1); // sits on a sample of its class
        }
    QVERIFY(!same(head.anchors()[0][0], head.anchors()[0][1], 0.05));
    {
        const torch::NoGradGuard noGradient;
        head.anchors()[0].mul_(100);
    }
    const Tensor inside = head.anchors()[1].clone();
    head.projectAnchors();
    QVERIFY(head.anchors().norm(2, 2).max().item<double>() <= std::sqrt(5.0) + 1e-9);
    QVERIFY(inside.norm(2, 1).max().item<double>() > std::sqrt(5.0) || same(head.anchors()[1], inside));
}

void TstLosses::lossScale()
{
    ArbexLossScale scale(2);
    scale.observe(2, -10, 0.5);
    QCOMPARE(scale.anchor(), 0.0);
    scale.observe(4, -20, 0.7);
    QCOMPARE(scale.anchor(), 0.1 * 6 / 30);
    QCOMPARE(scale.center(), 0.1 * 6 / 1.2);
    scale.observe(100, -1, 1); // measured once, then left alone
    QCOMPARE(scale.anchor(), 0.1 * 6 / 30);

    // In scale as measured; a loss that grew counts for a tenth of the classification, whatever its weight.
    const auto weighted = [&](double classification, double anchor, double center) {
        const auto options = torch::TensorOptions(torch::kFloat64).requires_grad(true);
        const Tensor a = torch::tensor(anchor, options), c = torch::tensor(center, options);
        const Tensor sum = scale.weighted(torch::tensor(classification, options), a, c);
        sum.backward();
        return std::array{sum.item<double>(), a.grad().item<double>(), c.grad().item<double>()};
    };
    const auto early = weighted(4, -2, 0.5);
    QVERIFY(std::abs(early[0] - (0.02 * -2 + 0.5 * 0.5)) < 1e-12);
    QVERIFY(std::abs(early[1] - 0.02) < 1e-12 && std::abs(early[2] - 0.5) < 1e-12);
    const auto late = weighted(4, -2000, 8);
    QVERIFY(std::abs(late[0] - (-0.4 + 0.4)) < 1e-12);
    QVERIFY(std::abs(late[1] - 0.4 / 2000) < 1e-12 && std::abs(late[2] - 0.4 / 8) < 1e-12);
}

QTEST_GUILESS_MAIN(TstLosses)
#include "tst_losses.moc"
