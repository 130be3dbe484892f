#include "models/score/metrics.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace mien {
namespace {

double ratio(double numerator, double denominator)
{
    return denominator == 0 ? 0 : numerator / denominator;
}

double mean(const std::vector<double> &values)
{
    return ratio(std::accumulate(values.begin(), values.end(), 0.0), double(values.size()));
}

double squaredDistance(const double *a, const double *b, int width)
{
    double sum = 0;
    for (int d = 0; d < width; ++d)
        sum += (a[d] - b[d]) * (a[d] - b[d]);
    return sum;
}

/// Labelled points with the labels renumbered from 0 and the centre of every cluster.
struct Clusters
{
    Clusters(std::span<const double> allPoints, int pointWidth, std::span<const std::int64_t> labels)
        : points(allPoints)
        , width(pointWidth)
    {
        assert(points.size() == labels.size() * std::size_t(width));
        std::map<std::int64_t, std::size_t> numbers;
        for (const std::int64_t label : labels)
            numbers.emplace(label, 0);
        std::size_t next = 0;
        for (auto &[label, number] : numbers)
            number = next++;
        counts.resize(next);
        centres.resize(next * std::size_t(width));
        for (std::size_t i = 0; i < labels.size(); ++i) {
            member.push_back(numbers[labels[i]]);
            ++counts[member.back()];
            for (int d = 0; d < width; ++d)
                centres[member.back() * std::size_t(width) + std::size_t(d)] += point(i)[d];
        }
        for (std::size_t k = 0; k < next; ++k)
            for (int d = 0; d < width; ++d)
                centres[k * std::size_t(width) + std::size_t(d)] /= double(counts[k]);
    }

    const double *point(std::size_t i) const { return points.data() + i * std::size_t(width); }
    const double *centre(std::size_t k) const { return centres.data() + k * std::size_t(width); }

    std::span<const double> points;
    int width;
    std::vector<std::size_t> member;  // [N]
    std::vector<std::int64_t> counts; // [k]
    std::vector<double> centres;      // [k, width]
};

std::vector<std::size_t> byScoreDescending(std::span<const double> scores)
{
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    return order;
}

} // namespace

std::vector<std::int64_t> confusionMatrix(std::span<const std::int64_t> labels,
                                          std::span<const std::int64_t> predictions, int classes)
{
    assert(labels.size() == predictions.size());
    std::vector<std::int64_t> confusion(std::size_t(classes) * std::size_t(classes));
    for (std::size_t i = 0; i < labels.size(); ++i) {
        assert(labels[i] >= 0 && labels[i] < classes && predictions[i] >= 0 && predictions[i] < classes);
        ++confusion[std::size_t(labels[i]) * std::size_t(classes) + std::size_t(predictions[i])];
    }
    return confusion;
}

ClassificationMetrics classificationMetrics(std::span<const std::int64_t> confusion, int classes)
{
    const auto count = std::size_t(classes);
    ClassificationMetrics metrics;
    double total = 0, correct = 0, recallSum = 0, weighted = 0;
    int supported = 0;
    for (std::size_t k = 0; k < count; ++k) {
        double support = 0, predicted = 0;
        for (std::size_t j = 0; j < count; ++j) {
            support += double(confusion[k * count + j]);
            predicted += double(confusion[j * count + k]);
        }
        const auto hits = double(confusion[k * count + k]);
        metrics.precision.push_back(ratio(hits, predicted));
        metrics.recall.push_back(ratio(hits, support));
        metrics.f1.push_back(ratio(2 * hits, support + predicted));
        total += support;
        correct += hits;
        weighted += support * metrics.f1.back();
        if (support > 0) {
            recallSum += metrics.recall.back();
            ++supported;
        }
    }
    metrics.accuracy = ratio(correct, total);
    metrics.balancedAccuracy = ratio(recallSum, supported);
    metrics.macroPrecision = mean(metrics.precision);
    metrics.macroRecall = mean(metrics.recall);
    metrics.macroF1 = mean(metrics.f1);
    metrics.weightedF1 = ratio(weighted, total);
    return metrics;
}

Calibration calibration(std::span<const double> probabilities, std::span<const std::int64_t> labels, int classes,
                        int bins)
{
    assert(probabilities.size() == labels.size() * std::size_t(classes) && bins > 0);
    Calibration result;
    result.bins.resize(std::size_t(bins));
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto row = probabilities.subspan(i * std::size_t(classes), std::size_t(classes));
        const auto top = std::max_element(row.begin(), row.end());
        // The smallest b with top <= (b + 1)/B; comparing with the edges themselves keeps values on an edge exact.
        int bin = std::clamp(int(std::ceil(*top * bins)) - 1, 0, bins - 1);
        while (bin > 0 && *top <= double(bin) / bins)
            --bin;
        while (bin < bins - 1 && *top > double(bin + 1) / bins)
            ++bin;
        Calibration::Bin &own = result.bins[std::size_t(bin)];
        ++own.count;
        own.accuracy += top - row.begin() == labels[i];
        own.confidence += *top;

        result.nll -= std::log(std::max(row[std::size_t(labels[i])], 1e-15));
        for (std::size_t c = 0; c < row.size(); ++c) {
            const double miss = row[c] - (std::int64_t(c) == labels[i]);
            result.brier += miss * miss;
        }
    }
    const auto count = double(labels.size());
    for (Calibration::Bin &bin : result.bins) {
        bin.accuracy = ratio(bin.accuracy, double(bin.count));
        bin.confidence = ratio(bin.confidence, double(bin.count));
        result.expectedError += ratio(double(bin.count), count) * std::abs(bin.accuracy - bin.confidence);
    }
    result.nll = ratio(result.nll, count);
    result.brier = ratio(result.brier, count);
    return result;
}

double daviesBouldin(std::span<const double> points, int width, std::span<const std::int64_t> labels)
{
    const Clusters clusters(points, width, labels);
    const std::size_t count = clusters.counts.size();
    std::vector<double> scatter(count);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const std::size_t k = clusters.member[i];
        scatter[k] +=
            std::sqrt(squaredDistance(clusters.point(i), clusters.centre(k), width)) / double(clusters.counts[k]);
    }
    double sum = 0;
    for (std::size_t k = 0; k < count; ++k) {
        double worst = 0;
        for (std::size_t l = 0; l < count; ++l) {
            const double apart = std::sqrt(squaredDistance(clusters.centre(k), clusters.centre(l), width));
            if (l != k && apart > 0) // centres that coincide count as infinitely far apart
                worst = std::max(worst, (scatter[k] + scatter[l]) / apart);
        }
        sum += worst;
    }
    return ratio(sum, double(count));
}

double calinskiHarabasz(std::span<const double> points, int width, std::span<const std::int64_t> labels)
{
    const Clusters clusters(points, width, labels);
    const std::size_t count = clusters.counts.size();
    std::vector<double> middle(std::size_t(width), 0);
    for (std::size_t i = 0; i < labels.size(); ++i)
        for (int d = 0; d < width; ++d)
            middle[std::size_t(d)] += clusters.point(i)[d] / double(labels.size());
    double between = 0, within = 0;
    for (std::size_t k = 0; k < count; ++k)
        between += double(clusters.counts[k]) * squaredDistance(clusters.centre(k), middle.data(), width);
    for (std::size_t i = 0; i < labels.size(); ++i)
        within += squaredDistance(clusters.point(i), clusters.centre(clusters.member[i]), width);
    if (within == 0)
        return 1;
    return (between / (double(count) - 1)) / (within / (double(labels.size()) - double(count)));
}

double silhouette(std::span<const double> points, int width, std::span<const std::int64_t> labels)
{
    const Clusters clusters(points, width, labels);
    const std::size_t count = clusters.counts.size();
    double sum = 0;
    std::vector<double> toCluster(count);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const std::size_t own = clusters.member[i];
        if (clusters.counts[own] < 2)
            continue;
        std::fill(toCluster.begin(), toCluster.end(), 0.0);
        for (std::size_t j = 0; j < labels.size(); ++j)
            toCluster[clusters.member[j]] += std::sqrt(squaredDistance(clusters.point(i), clusters.point(j), width));
        const double inside = toCluster[own] / double(clusters.counts[own] - 1);
        double outside = std::numeric_limits<double>::infinity();
        for (std::size_t k = 0; k < count; ++k)
            if (k != own)
                outside = std::min(outside, toCluster[k] / double(clusters.counts[k]));
        if (std::isfinite(outside))
            sum += ratio(outside - inside, std::max(inside, outside));
    }
    return ratio(sum, double(labels.size()));
}

double rocAuc(std::span<const double> scores, std::span<const std::uint8_t> flags)
{
    assert(scores.size() == flags.size());
    const auto order = byScoreDescending(scores);
    double flagged = 0, unflagged = 0, area = 0;
    for (std::size_t i = 0; i < order.size();) {
        double tiedFlagged = 0, tiedUnflagged = 0;
        const double score = scores[order[i]];
        do
            ++(flags[order[i]] ? tiedFlagged : tiedUnflagged);
        while (++i < order.size() && scores[order[i]] == score);
        area += tiedUnflagged * (flagged + tiedFlagged / 2);
        flagged += tiedFlagged;
        unflagged += tiedUnflagged;
    }
    return flagged == 0 || unflagged == 0 ? 0.5 : area / (flagged * unflagged);
}

double averagePrecision(std::span<const double> scores, std::span<const std::uint8_t> flags)
{
    assert(scores.size() == flags.size());
    const auto order = byScoreDescending(scores);
    const auto total = double(std::count_if(flags.begin(), flags.end(), [](std::uint8_t flag) { return flag != 0; }));
    double found = 0, sum = 0;
    for (std::size_t i = 0; i < order.size();) {
        double tied = 0;
        const double score = scores[order[i]];
        do
            tied += flags[order[i]] != 0;
        while (++i < order.size() && scores[order[i]] == score);
        found += tied;
        sum += ratio(tied, total) * found / double(i);
    }
    return sum;
}

double precisionAt(std::span<const double> scores, std::span<const std::uint8_t> flags, std::size_t k)
{
    const auto order = byScoreDescending(scores);
    k = std::min(k, order.size());
    double found = 0;
    for (std::size_t i = 0; i < k; ++i)
        found += flags[order[i]] != 0;
    return ratio(found, double(k));
}

} // namespace mien
