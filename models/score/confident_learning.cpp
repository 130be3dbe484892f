#include "models/score/confident_learning.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace mien {

namespace {

constexpr double unreachable = 2; // threshold of a class without samples
constexpr double lowestThreshold = 2e-6;
constexpr double comparison = 1e-6; // slack of every comparison of probabilities
constexpr double lowestDivisor = 1e-100;
constexpr double sumTolerance = 1e-3; // of a row: float32 and means over views and folds are never that far from 1
constexpr std::int64_t keptPerClass = 1;

/// Pairwise sum with eight running sums: the same last bits as array libraries give, which decides ties of rounding.
double pairwiseSum(const double *values, std::size_t count)
{
    if (count < 8) {
        double sum = 0;
        for (std::size_t i = 0; i < count; ++i)
            sum += values[i];
        return sum;
    }
    if (count <= 128) {
        std::array<double, 8> sums;
        std::copy_n(values, 8, sums.begin());
        std::size_t i = 8;
        for (; i + 8 <= count; i += 8)
            for (std::size_t j = 0; j < 8; ++j)
                sums[j] += values[i + j];
        double sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
        for (; i < count; ++i)
            sum += values[i];
        return sum;
    }
    const std::size_t half = count / 2 / 8 * 8;
    return pairwiseSum(values, half) + pairwiseSum(values + half, count - half);
}

std::size_t at(int row, int column, int columns)
{
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) + static_cast<std::size_t>(column);
}

const double *rowOf(std::span<const double> p, std::size_t i, int classes)
{
    return p.data() + i * static_cast<std::size_t>(classes);
}

double largestOther(const double *row, int classes, int given)
{
    double best = classes > 1 ? -INFINITY : 0;
    for (int j = 0; j < given; ++j)
        best = std::max(best, row[j]);
    for (int j = given + 1; j < classes; ++j)
        best = std::max(best, row[j]);
    return best;
}

int argmax(const double *row, int classes)
{
    return static_cast<int>(std::max_element(row, row + classes) - row);
}

/// The given label is the most probable class, or within 1e-6 of it: nobody would call it wrong.
bool agrees(const double *row, int classes, int given)
{
    const double own = row[given] + comparison;
    for (int j = 0; j < classes; ++j)
        if (j < given ? row[j] >= own : j > given && row[j] > own)
            return false;
    return true;
}

/// Samples of every class, ascending.
std::vector<std::vector<std::uint32_t>> samplesByClass(std::span<const std::int64_t> labels, int classes)
{
    std::vector<std::size_t> counts(static_cast<std::size_t>(classes));
    for (const std::int64_t label : labels)
        ++counts[static_cast<std::size_t>(label)];
    std::vector<std::vector<std::uint32_t>> groups(static_cast<std::size_t>(classes));
    for (std::size_t c = 0; c < groups.size(); ++c)
        groups[c].reserve(counts[c]);
    for (std::size_t i = 0; i < labels.size(); ++i)
        groups[static_cast<std::size_t>(labels[i])].push_back(static_cast<std::uint32_t>(i));
    return groups;
}

/// The `rank`-th lowest of `values` (from 0) and how many are below it. Bins first: of a million values only those of
/// one bin are left to be ordered.
struct OrderStatistic
{
    double value = 0;
    std::int64_t below = 0;
};

OrderStatistic orderStatistic(std::span<const double> values, std::int64_t rank, std::vector<double> &scratch)
{
    constexpr int bins = 1024;
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const double first = *low;
    const double width = (*high - first) / (bins - 1);
    OrderStatistic found;
    if (values.size() < 4 * bins || !(width > 0)) {
        scratch.assign(values.begin(), values.end());
    } else {
        const double scale = 1 / width;
        const auto binOf = [&](double value) { return std::min(bins - 1, static_cast<int>((value - first) * scale)); };
        std::array<std::int64_t, bins> counts{};
        for (const double value : values)
            ++counts[static_cast<std::size_t>(binOf(value))];
        int bin = 0;
        while (rank - found.below >= counts[static_cast<std::size_t>(bin)])
            found.below += counts[static_cast<std::size_t>(bin++)];
        scratch.clear();
        for (const double value : values)
            if (binOf(value) == bin)
                scratch.push_back(value);
    }
    const std::int64_t inScratch = rank - found.below;
    std::nth_element(scratch.begin(), scratch.begin() + inScratch, scratch.end());
    found.value = scratch[static_cast<std::size_t>(inScratch)];
    for (std::int64_t i = 0; i < inScratch; ++i)
        found.below += scratch[static_cast<std::size_t>(i)] < found.value;
    return found;
}

/// Calls found(position) for the `wanted` lowest values, equal values in the order of their position.
template <typename Found>
void lowest(std::span<const double> values, std::int64_t wanted, std::vector<double> &scratch, Found found)
{
    if (wanted <= 0)
        return;
    if (wanted >= static_cast<std::int64_t>(values.size())) {
        for (std::size_t i = 0; i < values.size(); ++i)
            found(i);
        return;
    }
    const OrderStatistic last = orderStatistic(values, wanted - 1, scratch);
    std::int64_t ties = wanted - last.below;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] < last.value)
            found(i);
        else if (values[i] == last.value && ties > 0) {
            --ties;
            found(i);
        }
    }
}

/// Whole numbers of the same (rounded) sum: where rounding half to even misses it, the entries with the largest or
/// smallest remainder give way.
void roundKeepingSum(std::span<double> row)
{
    std::vector<double> remainder(row.size());
    const double wanted = std::nearbyint(pairwiseSum(row.data(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
        const double rounded = std::nearbyint(row[i]);
        remainder[i] = row[i] - rounded;
        row[i] = rounded;
    }
    const double missing = wanted - std::accumulate(row.begin(), row.end(), 0.0);
    if (missing == 0)
        return;
    std::vector<std::size_t> order(row.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return remainder[a] < remainder[b]; });
    if (missing > 0)
        std::reverse(order.begin(), order.end());
    const auto changes = std::min(order.size(), static_cast<std::size_t>(std::abs(missing)));
    for (std::size_t i = 0; i < changes; ++i)
        row[order[i]] += missing > 0 ? 1 : -1;
}

std::vector<std::int64_t> calibrated(std::span<const std::int64_t> joint, std::span<const std::int64_t> counts,
                                     int classes)
{
    // Kept with the estimated class as the row until it is summed: the order of that sum decides exact halves.
    std::vector<double> scaled(joint.size());
    for (int given = 0; given < classes; ++given) {
        double rowSum = 0;
        for (int j = 0; j < classes; ++j)
            rowSum += static_cast<double>(joint[at(given, j, classes)]);
        for (int j = 0; j < classes; ++j)
            scaled[at(j, given, classes)] = static_cast<double>(joint[at(given, j, classes)]) /
                                            std::max(rowSum, lowestDivisor) *
                                            static_cast<double>(counts[static_cast<std::size_t>(given)]);
    }
    const double sum = std::max(pairwiseSum(scaled.data(), scaled.size()), lowestDivisor);
    const double total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t(0)));
    std::vector<std::int64_t> result(joint.size());
    std::vector<double> row(static_cast<std::size_t>(classes));
    for (int given = 0; given < classes; ++given) {
        for (int j = 0; j < classes; ++j)
            row[static_cast<std::size_t>(j)] = scaled[at(j, given, classes)] / sum * total;
        roundKeepingSum(row);
        for (int j = 0; j < classes; ++j)
            result[at(given, j, classes)] = static_cast<std::int64_t>(row[static_cast<std::size_t>(j)]);
    }
    return result;
}

/// How many to prune of each (given, true) pair so that every class keeps a sample: a class that would lose all has
/// its counts lowered evenly.
std::vector<std::int64_t> pruneCounts(const LabelNoise &noise)
{
    std::vector<std::int64_t> counts = noise.calibratedJoint;
    for (int given = 0; given < noise.classes; ++given) {
        const std::int64_t diagonal = counts[at(given, given, noise.classes)];
        if (diagonal >= keptPerClass)
            continue;
        const auto row =
            std::span(counts).subspan(at(given, 0, noise.classes), static_cast<std::size_t>(noise.classes));
        const auto used =
            static_cast<double>(std::count_if(row.begin(), row.end(), [](std::int64_t n) { return n != 0; }));
        const double less = static_cast<double>(keptPerClass - diagonal) / std::max(used - 1, 1.0);
        for (std::int64_t &count : row)
            count = static_cast<std::int64_t>(std::max(0.0, static_cast<double>(count) - less));
        row[static_cast<std::size_t>(given)] = keptPerClass;
    }
    return counts;
}

/// Everything the rules share, made once.
class Flagger
{
public:
    Flagger(std::span<const double> p, std::span<const std::int64_t> labels, const LabelNoise &noise)
        : m_p(p)
        , m_labels(labels)
        , m_noise(noise)
        , m_classes(noise.classes)
        , m_groups(samplesByClass(labels, noise.classes))
        , m_counts(pruneCounts(noise))
    {
    }

    std::vector<std::uint8_t> operator()(FlagRule rule)
    {
        switch (rule) {
        case FlagRule::ConfidentLearning: return confident();
        case FlagRule::PruneByClass: return byClass();
        case FlagRule::PruneByNoiseRate: return byNoiseRate();
        case FlagRule::Both: {
            auto mask = byClass();
            const auto other = byNoiseRate();
            for (std::size_t i = 0; i < mask.size(); ++i)
                mask[i] &= other[i];
            return mask;
        }
        case FlagRule::PredictedNeqGiven: {
            std::vector<std::uint8_t> mask(m_labels.size(), 1);
            dropAgreeing(mask); // "another class is the most probable" up to the same 1e-6
            return mask;
        }
        case FlagRule::LowSelfConfidence: return lowestOf(selfConfidence(m_p, m_labels, m_classes));
        case FlagRule::LowNormalizedMargin: return lowestOf(normalizedMargin(m_p, m_labels, m_classes));
        }
        return {};
    }

private:
    std::span<const double> m_p;
    std::span<const std::int64_t> m_labels;
    const LabelNoise &m_noise;
    int m_classes;
    std::vector<std::vector<std::uint32_t>> m_groups;
    std::vector<std::int64_t> m_counts; // to prune, [given, true]
    std::vector<double> m_values;       // reused between classes
    std::vector<double> m_scratch;

    void dropAgreeing(std::vector<std::uint8_t> &mask) const
    {
        for (std::size_t i = 0; i < mask.size(); ++i)
            if (mask[i] && agrees(rowOf(m_p, i, m_classes), m_classes, static_cast<int>(m_labels[i])))
                mask[i] = 0;
    }

    std::vector<std::uint8_t> confident() const
    {
        std::vector<std::uint8_t> mask(m_labels.size());
        for (const std::int64_t i : m_noise.offDiagonal)
            mask[static_cast<std::size_t>(i)] = 1;
        dropAgreeing(mask);
        return mask;
    }

    std::vector<std::uint8_t> byClass()
    {
        std::vector<std::uint8_t> mask(m_labels.size());
        for (int given = 0; given < m_classes; ++given) {
            const auto &group = m_groups[static_cast<std::size_t>(given)];
            const auto size = static_cast<std::int64_t>(group.size());
            if (size <= keptPerClass)
                continue;
            m_values.clear();
            for (const std::uint32_t i : group)
                m_values.push_back(rowOf(m_p, i, m_classes)[given]);
            lowest(m_values, size - m_counts[at(given, given, m_classes)], m_scratch,
                   [&](std::size_t n) { mask[group[n]] = 1; });
        }
        dropAgreeing(mask);
        return mask;
    }

    std::vector<std::uint8_t> byNoiseRate()
    {
        std::vector<std::uint8_t> mask(m_labels.size());
        for (int given = 0; given < m_classes; ++given) {
            const auto &group = m_groups[static_cast<std::size_t>(given)];
            if (static_cast<std::int64_t>(group.size()) <= keptPerClass)
                continue;
            // One pass over the rows makes the margins to every class, each class in one piece.
            m_values.resize(group.size() * static_cast<std::size_t>(m_classes));
            for (std::size_t n = 0; n < group.size(); ++n) {
                const double *row = rowOf(m_p, group[n], m_classes);
                for (int other = 0; other < m_classes; ++other)
                    m_values[static_cast<std::size_t>(other) * group.size() + n] = row[given] - row[other];
            }
            for (int other = 0; other < m_classes; ++other)
                if (other != given)
                    lowest(std::span(m_values).subspan(static_cast<std::size_t>(other) * group.size(), group.size()),
                           m_counts[at(given, other, m_classes)], m_scratch,
                           [&](std::size_t n) { mask[group[n]] = 1; });
        }
        dropAgreeing(mask);
        return mask;
    }

    std::vector<std::uint8_t> lowestOf(const std::vector<double> &score)
    {
        const auto issues = confident();
        std::vector<std::uint8_t> mask(score.size());
        lowest(score, std::count(issues.begin(), issues.end(), 1), m_scratch, [&](std::size_t i) { mask[i] = 1; });
        return mask;
    }
};

template <typename T>
std::vector<double> normalized(std::span<const T> p, int classes)
{
    const auto columns = static_cast<std::size_t>(classes);
    const std::size_t block = 512 * columns; // stays in the cache until it is divided
    std::vector<double> rows;
    rows.reserve(p.size());
    for (std::size_t start = 0; start < p.size(); start += block) {
        const auto part = p.subspan(start, std::min(block, p.size() - start));
        rows.insert(rows.end(), part.begin(), part.end());
        for (double *row = rows.data() + start; row != rows.data() + rows.size(); row += columns) {
            const double sum = pairwiseSum(row, columns);
            for (std::size_t j = 0; j < columns; ++j)
                row[j] /= sum;
        }
    }
    return rows;
}

template <typename T>
Result<> check(std::span<const T> p, int classes, const std::string &name)
{
    const auto columns = static_cast<std::size_t>(classes);
    for (std::size_t start = 0; start < p.size(); start += columns) {
        double sum = 0;
        bool bad = false;
        for (std::size_t j = 0; j < columns; ++j) {
            const double value = p[start + j];
            bad |= !(value >= 0 && value <= 1e30); // also true for NaN
            sum += value;
        }
        if (!bad && std::abs(sum - 1) <= sumTolerance)
            continue;
        const std::string row = name + ": row " + std::to_string(start / columns) + " (counted from 0) ";
        for (std::size_t j = 0; j < columns; ++j) {
            const double value = p[start + j];
            if (!std::isfinite(value) || value > 1e30)
                return fail(ErrorCode::Invalid, row + "holds a value that is no finite number in column " +
                                                    std::to_string(j) + "; probabilities are needed.");
            if (value < 0)
                return fail(ErrorCode::Invalid, row + "holds the negative value " + std::to_string(value) +
                                                    " in column " + std::to_string(j) +
                                                    "; probabilities are needed, not logits.");
        }
        char text[32];
        std::snprintf(text, sizeof text, "%.6g", sum);
        return fail(ErrorCode::Invalid,
                    row + "sums to " + text + ", not to 1; probabilities of the classes are needed.");
    }
    return {};
}

} // namespace

std::string_view flagRuleName(FlagRule rule)
{
    switch (rule) {
    case FlagRule::ConfidentLearning: return "confident_learning";
    case FlagRule::PruneByClass: return "prune_by_class";
    case FlagRule::PruneByNoiseRate: return "prune_by_noise_rate";
    case FlagRule::Both: return "both";
    case FlagRule::PredictedNeqGiven: return "predicted_neq_given";
    case FlagRule::LowSelfConfidence: return "low_self_confidence";
    case FlagRule::LowNormalizedMargin: return "low_normalized_margin";
    }
    return {};
}

double LabelNoise::noiseRate() const
{
    double kept = 0;
    for (int c = 0; c < classes; ++c)
        kept += joint[at(c, c, classes)];
    return std::clamp(1 - kept, 0.0, 1.0);
}

LabelNoise estimateLabelNoise(std::span<const double> p, std::span<const std::int64_t> labels, int classes)
{
    assert(classes > 0 && p.size() == labels.size() * static_cast<std::size_t>(classes));
    const auto columns = static_cast<std::size_t>(classes);
    LabelNoise noise;
    noise.classes = classes;

    std::vector<std::int64_t> counts(columns);
    std::vector<std::vector<double>> own(columns);
    for (const std::int64_t label : labels)
        ++counts[static_cast<std::size_t>(label)];
    for (std::size_t c = 0; c < columns; ++c)
        own[c].reserve(static_cast<std::size_t>(counts[c]));
    for (std::size_t i = 0; i < labels.size(); ++i)
        own[static_cast<std::size_t>(labels[i])].push_back(rowOf(p, i, classes)[labels[i]]);
    for (const std::vector<double> &values : own)
        noise.thresholds.push_back(values.empty()
                                       ? unreachable
                                       : std::max(lowestThreshold, pairwiseSum(values.data(), values.size()) /
                                                                       static_cast<double>(values.size())));

    std::vector<double> reach(columns);
    for (std::size_t c = 0; c < columns; ++c)
        reach[c] = noise.thresholds[c] - comparison;
    noise.confidentJoint.assign(columns * columns, 0);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const double *row = rowOf(p, i, classes);
        int candidates = 0;
        int guess = 0;
        for (int j = 0; j < classes; ++j) {
            const bool reached = row[j] >= reach[static_cast<std::size_t>(j)];
            guess = reached && !candidates ? j : guess;
            candidates += reached;
        }
        if (candidates == 0)
            continue;
        if (candidates > 1)
            guess = argmax(row, classes);
        ++noise.confidentJoint[at(static_cast<int>(labels[i]), guess, classes)];
        if (guess != labels[i])
            noise.offDiagonal.push_back(static_cast<std::int64_t>(i));
    }
    for (int c = 0; c < classes; ++c) {
        std::int64_t &diagonal = noise.confidentJoint[at(c, c, classes)];
        diagonal = std::max<std::int64_t>(diagonal, 1);
    }

    noise.calibratedJoint = calibrated(noise.confidentJoint, counts, classes);
    const double sum = static_cast<double>(
        std::accumulate(noise.calibratedJoint.begin(), noise.calibratedJoint.end(), std::int64_t(0)));
    for (const std::int64_t count : noise.calibratedJoint)
        noise.joint.push_back(static_cast<double>(count) / std::max(sum, lowestDivisor));
    return noise;
}

std::vector<double> selfConfidence(std::span<const double> p, std::span<const std::int64_t> labels, int classes)
{
    std::vector<double> score(labels.size());
    for (std::size_t i = 0; i < labels.size(); ++i)
        score[i] = rowOf(p, i, classes)[labels[i]];
    return score;
}

std::vector<double> normalizedMargin(std::span<const double> p, std::span<const std::int64_t> labels, int classes)
{
    std::vector<double> score(labels.size());
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const double *row = rowOf(p, i, classes);
        score[i] = (row[labels[i]] - largestOther(row, classes, static_cast<int>(labels[i])) + 1) / 2;
    }
    return score;
}

std::vector<double> confidenceWeightedEntropy(std::span<const double> p, std::span<const std::int64_t> labels,
                                              int classes)
{
    std::vector<double> score(labels.size());
    const double largest = std::log(static_cast<double>(std::max(classes, 2)));
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const double *row = rowOf(p, i, classes);
        double entropy = 0;
        for (int j = 0; j < classes; ++j)
            if (row[j] > 0)
                entropy -= row[j] * std::log(row[j]);
        const double quotient = entropy / largest / std::max(row[labels[i]], comparison);
        score[i] = std::log(quotient + 1) / std::max(quotient, comparison);
    }
    return score;
}

std::vector<double> adjustedProbabilities(std::span<const double> p, std::span<const double> thresholds)
{
    const double highest = *std::max_element(thresholds.begin(), thresholds.end());
    std::vector<double> rows(p.size());
    for (std::size_t start = 0; start < p.size(); start += thresholds.size()) {
        double *row = rows.data() + start;
        for (std::size_t j = 0; j < thresholds.size(); ++j)
            row[j] = p[start + j] - thresholds[j] + highest;
        const double sum = pairwiseSum(row, thresholds.size());
        for (std::size_t j = 0; j < thresholds.size(); ++j)
            row[j] /= sum;
    }
    return rows;
}

std::vector<std::int64_t> predictedClasses(std::span<const double> p, int classes)
{
    std::vector<std::int64_t> predicted(p.size() / static_cast<std::size_t>(classes));
    for (std::size_t i = 0; i < predicted.size(); ++i)
        predicted[i] = argmax(rowOf(p, i, classes), classes);
    return predicted;
}

std::vector<std::vector<std::uint8_t>> flaggedBy(std::span<const FlagRule> rules, std::span<const double> p,
                                                 std::span<const std::int64_t> labels, const LabelNoise &noise)
{
    Flagger flagger(p, labels, noise);
    std::vector<std::vector<std::uint8_t>> masks;
    for (const FlagRule rule : rules)
        masks.push_back(flagger(rule));
    return masks;
}

std::vector<std::int64_t> rankedIssues(std::span<const std::uint8_t> flagged, std::span<const double> score)
{
    std::vector<std::int64_t> order;
    for (std::size_t i = 0; i < flagged.size(); ++i)
        if (flagged[i])
            order.push_back(static_cast<std::int64_t>(i));
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
        return score[static_cast<std::size_t>(a)] < score[static_cast<std::size_t>(b)];
    });
    return order;
}

std::vector<double> normalizedRows(std::span<const float> p, int classes)
{
    return normalized(p, classes);
}

std::vector<double> normalizedRows(std::span<const double> p, int classes)
{
    return normalized(p, classes);
}

Result<> checkProbabilities(std::span<const float> p, int classes, const std::string &name)
{
    return check(p, classes, name);
}

Result<> checkProbabilities(std::span<const double> p, int classes, const std::string &name)
{
    return check(p, classes, name);
}

Result<> checkLabels(std::span<const std::int64_t> labels, int classes, const std::string &name)
{
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (labels[i] < 0 || labels[i] >= classes)
            return fail(ErrorCode::Invalid, name + ": row " + std::to_string(i) + " (counted from 0) has the label " +
                                                std::to_string(labels[i]) + "; with " + std::to_string(classes) +
                                                " columns of probabilities labels run from 0 to " +
                                                std::to_string(classes - 1) + ".");
    return {};
}

std::int64_t drawnGivenClass(const LabelNoise &noise, std::int64_t own, double uniform)
{
    const auto columns = static_cast<std::size_t>(noise.classes);
    std::vector<double> weight(columns);
    double total = 0;
    for (const bool fromJoint : {true, false}) { // a class that nothing is taken for: any other, evenly
        for (std::size_t given = 0; given < columns; ++given) {
            weight[given] = static_cast<std::int64_t>(given) == own ? 0
                            : fromJoint ? noise.joint[given * columns + static_cast<std::size_t>(own)]
                                        : 1;
            total += weight[given];
        }
        if (total > 0)
            break;
    }
    double left = uniform * total;
    std::int64_t last = own;
    for (std::size_t given = 0; given < columns; ++given) {
        if (weight[given] <= 0)
            continue;
        last = static_cast<std::int64_t>(given);
        left -= weight[given];
        if (left < 0)
            break;
    }
    return last;
}

} // namespace mien
