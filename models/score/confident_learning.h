#pragma once

#include "models/base/result.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// Confident learning: how much a given label disagrees with probabilities of a network that did not see the sample.
/// `models.md` 10. Source: "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 2021.
///
/// Throughout: probabilities `p` are [N, L] row-major and finite, rows sum to 1 (see normalizedRows); labels are
/// class indices in [0, L). Of equal values the lower index goes first. Functions are pure and thread-safe.
/// Anything else is a bug of the caller; checkProbabilities() says in words what a person handed in.

/// The rules by which samples are flagged, in the order of the columns that are written.
enum class FlagRule {
    ConfidentLearning,   ///< Counted off the diagonal of the confident joint.
    PruneByClass,        ///< As many of each class as the joint says are wrong, least self-confident first.
    PruneByNoiseRate,    ///< As many of each (given, true) pair as the joint says, largest margin first. The default.
    Both,                ///< Flagged by PruneByClass and PruneByNoiseRate.
    PredictedNeqGiven,   ///< The most probable class is another.
    LowSelfConfidence,   ///< As many as ConfidentLearning flags, least self-confident first.
    LowNormalizedMargin, ///< As many as ConfidentLearning flags, lowest margin first.
};

constexpr std::array<FlagRule, 7> allFlagRules = {
    FlagRule::ConfidentLearning, FlagRule::PruneByClass,      FlagRule::PruneByNoiseRate,    FlagRule::Both,
    FlagRule::PredictedNeqGiven, FlagRule::LowSelfConfidence, FlagRule::LowNormalizedMargin,
};

/// The rule's name in files and on the command line, e.g. "prune_by_noise_rate".
std::string_view flagRuleName(FlagRule rule);

/// What the set as a whole says about its labels.
struct LabelNoise
{
    int classes = 0;
    std::vector<double> thresholds;            ///< [L] mean self-confidence of a class; 2 for a class without samples.
    std::vector<std::int64_t> confidentJoint;  ///< [L, L] rows given, columns estimated true; diagonal at least 1.
    std::vector<std::int64_t> calibratedJoint; ///< [L, L] the same, rows summing to the class counts.
    std::vector<double> joint;                 ///< [L, L] Q: calibrated, summing to 1.
    std::vector<std::int64_t> offDiagonal;     ///< Samples counted off the diagonal, ascending.

    double noiseRate() const; ///< 1 - trace of `joint`: the share of labels that are estimated to be wrong.
};

LabelNoise estimateLabelNoise(std::span<const double> p, std::span<const std::int64_t> labels, int classes);

/// Another class that a sample of class `own` may carry as its label: drawn from the classes that `joint` says its own
/// is taken for; where nothing is, any other, evenly.
/// @param uniform  in [0, 1): what decides
std::int64_t drawnGivenClass(const LabelNoise &noise, std::int64_t own, double uniform);

/// p[i][y_i]; low = suspicious.
std::vector<double> selfConfidence(std::span<const double> p, std::span<const std::int64_t> labels, int classes);

/// (p[i][y_i] - max of the other classes + 1) / 2, in [0, 1]; low = suspicious. With one class: (p + 1) / 2.
std::vector<double> normalizedMargin(std::span<const double> p, std::span<const std::int64_t> labels, int classes);

/// Entropy over self-confidence, mapped to (0, 1]; low = suspicious.
std::vector<double> confidenceWeightedEntropy(std::span<const double> p, std::span<const std::int64_t> labels,
                                              int classes);

/// Probabilities for the adjusted variants of the scores: class thresholds taken off, rows summing to 1 again.
std::vector<double> adjustedProbabilities(std::span<const double> p, std::span<const double> thresholds);

/// Most probable class of every row.
std::vector<std::int64_t> predictedClasses(std::span<const double> p, int classes);

/// One byte a sample and rule, 1 = flagged, in the order of `rules`.
std::vector<std::vector<std::uint8_t>> flaggedBy(std::span<const FlagRule> rules, std::span<const double> p,
                                                 std::span<const std::int64_t> labels, const LabelNoise &noise);

/// Indices of the flagged samples, lowest score first.
std::vector<std::int64_t> rankedIssues(std::span<const std::uint8_t> flagged, std::span<const double> score);

/// Rows scaled to sum 1, in double whatever the input: what every function above expects.
std::vector<double> normalizedRows(std::span<const float> p, int classes);
std::vector<double> normalizedRows(std::span<const double> p, int classes);

/// Fails with Invalid, beginning with `name` and naming the row, when a value is not finite or negative or a row's
/// sum is more than 1e-3 away from 1. Row numbers count from 0.
Result<> checkProbabilities(std::span<const float> p, int classes, const std::string &name);
Result<> checkProbabilities(std::span<const double> p, int classes, const std::string &name);

/// Fails with Invalid, beginning with `name` and naming the row, when a label is outside [0, classes).
Result<> checkLabels(std::span<const std::int64_t> labels, int classes, const std::string &name);

} // namespace mien
