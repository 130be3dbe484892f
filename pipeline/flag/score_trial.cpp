#include "pipeline/flag/score_trial.h"

#include "models/score/metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mien {

namespace {

struct ScoreColumn
{
    const char *name;
    FlagMethod method;
    double (*suspicious)(const FlagRow &row); ///< Higher: more suspicious; NaN: absent.
};

constexpr ScoreColumn scoreColumns[] = {
    {"suspicion", FlagMethod::Fused, [](const FlagRow &row) { return row.suspicion; }},
    {"eac_noise", FlagMethod::Eac, [](const FlagRow &row) { return row.eacNoise; }},
    {"eac_inconsistency", FlagMethod::Eac, [](const FlagRow &row) { return row.eacInconsistency; }},
    {"arbex_noise", FlagMethod::Arbex, [](const FlagRow &row) { return row.arbexNoise; }},
    {"1 - arbex_confidence", FlagMethod::Arbex, [](const FlagRow &row) { return 1 - row.arbexConfidence; }},
    {"cl_noise", FlagMethod::ConfidentLearning, [](const FlagRow &row) { return row.clNoise; }},
    {"1 - self_confidence", FlagMethod::ConfidentLearning, [](const FlagRow &row) { return 1 - row.selfConfidence; }},
};

/// Ranks from 1, ties share their mean.
std::vector<double> midranks(std::span<const double> values)
{
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> ranks(values.size());
    for (std::size_t begin = 0; begin < order.size();) {
        std::size_t end = begin;
        while (end < order.size() && values[order[end]] == values[order[begin]])
            ++end;
        for (std::size_t i = begin; i < end; ++i)
            ranks[order[i]] = double(begin + end + 1) / 2;
        begin = end;
    }
    return ranks;
}

double varianceOf(const std::vector<double> &values)
{
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
    double sum = 0;
    for (const double value : values)
        sum += (value - mean) * (value - mean);
    return sum / double(values.size() - 1);
}

} // namespace

Interval aurocInterval(std::span<const double> scores, std::span<const std::uint8_t> flags)
{
    std::vector<double> of[2];
    for (std::size_t i = 0; i < scores.size(); ++i)
        of[flags[i] != 0].push_back(scores[i]);
    if (of[0].size() < 2 || of[1].size() < 2)
        return {0, 1};
    // Placement of each sample among those of the other kind: its rank among all without its rank among its own.
    const std::vector<double> all = midranks(scores);
    double variance = 0;
    for (const int kind : {0, 1}) {
        const std::vector<double> own = midranks(of[kind]);
        std::vector<double> placement;
        for (std::size_t i = 0; i < scores.size(); ++i)
            if ((flags[i] != 0) == (kind == 1))
                placement.push_back((all[i] - own[placement.size()]) / double(of[1 - kind].size()));
        variance += varianceOf(placement) / double(placement.size());
    }
    const double auroc = rocAuc(scores, flags), half = deviationsOf95 * std::sqrt(variance);
    return {std::max(0.0, auroc - half), std::min(1.0, auroc + half)};
}

std::vector<ScoreTrial> tryScores(const FlagReport &report, int classes, std::span<const std::uint8_t> planted,
                                  std::span<const std::uint8_t> judged)
{
    std::vector<std::size_t> rows;
    std::vector<std::uint8_t> wrong;
    for (std::size_t i = 0; i < report.rows.size(); ++i)
        if (judged[i] && report.rows[i].label >= 0) {
            rows.push_back(i);
            wrong.push_back(planted[i]);
        }
    const auto total = std::accumulate(wrong.begin(), wrong.end(), std::int64_t(0));
    std::vector<ScoreTrial> trials;
    for (const ScoreColumn &column : scoreColumns) {
        std::vector<double> scores;
        for (const std::size_t i : rows)
            scores.push_back(column.suspicious(report.rows[i]));
        if (rows.empty() || std::any_of(scores.begin(), scores.end(), [](double x) { return std::isnan(x); }))
            continue; // without its evidence
        ScoreTrial trial{.name = column.name, .method = column.method};
        trial.auroc = rocAuc(scores, wrong);
        const Interval around = aurocInterval(scores, wrong);
        trial.aurocLow = around.low;
        trial.aurocHigh = around.high;
        trial.precision = precisionAt(scores, wrong, std::size_t(total));
        const Interval of = wilsonInterval(trial.precision * double(total), double(total));
        trial.precisionLow = of.low;
        trial.precisionHigh = of.high;
        for (int c = 0; c < classes; ++c) {
            std::vector<double> own;
            std::vector<std::uint8_t> flags;
            for (std::size_t n = 0; n < rows.size(); ++n)
                if (report.rows[rows[n]].label == c) {
                    own.push_back(scores[n]);
                    flags.push_back(wrong[n]);
                }
            const auto hits = std::accumulate(flags.begin(), flags.end(), std::size_t(0));
            trial.aurocOfClass.push_back(hits == 0 || hits == flags.size() ? std::nan("") : rocAuc(own, flags));
        }
        for (std::size_t k = 0; k < trialReviews.size(); ++k) {
            const auto reviewed = std::size_t(std::llround(trialReviews[k] * double(rows.size())));
            trial.found[k] = total ? precisionAt(scores, wrong, reviewed) * double(reviewed) / double(total) : 0;
        }
        trials.push_back(std::move(trial));
    }
    std::stable_sort(trials.begin(), trials.end(),
                     [](const ScoreTrial &a, const ScoreTrial &b) { return a.auroc > b.auroc; });
    return trials;
}

} // namespace mien
