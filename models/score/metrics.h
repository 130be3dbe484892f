#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mien {

/// Metrics of `models.md` 9, in double. Labels and predictions are class indices in [0, L); a label below 0 is a
/// sample without label and must be left out by the caller. Empty input gives 0 everywhere. Pure and thread-safe.

/// C[i][j]: samples of given class i that were predicted as j; row-major [L, L].
std::vector<std::int64_t> confusionMatrix(std::span<const std::int64_t> labels,
                                          std::span<const std::int64_t> predictions, int classes);

struct ClassificationMetrics
{
    double accuracy = 0;
    double balancedAccuracy = 0;                             ///< Mean recall of the classes that have samples.
    std::vector<double> precision, recall, f1;               ///< Per class; 0 where the denominator is 0.
    double macroPrecision = 0, macroRecall = 0, macroF1 = 0; ///< Plain mean over all L classes.
    double weightedF1 = 0;                                   ///< By support.
};

ClassificationMetrics classificationMetrics(std::span<const std::int64_t> confusion, int classes);

/// How well the top probability says how often it is right.
struct Calibration
{
    struct Bin
    {
        std::int64_t count = 0;
        double accuracy = 0, confidence = 0; ///< Means; 0 in an empty bin.
    };
    std::vector<Bin> bins;    ///< Bin b holds top probabilities in (b/B, (b+1)/B].
    double expectedError = 0; ///< ECE: mean over samples of |accuracy - confidence| of their bin.
    double nll = 0;           ///< Mean of -ln p[y], p clamped at 1e-15 from below.
    double brier = 0;         ///< Sum over classes, mean over samples.
};

/// @param probabilities  [N, L] row-major
Calibration calibration(std::span<const double> probabilities, std::span<const std::int64_t> labels, int classes,
                        int bins = 15);

/// Davies-Bouldin index of labelled points; lower is better. Labels may be any integers; at least two must occur.
/// @param points  [N, width] row-major
double daviesBouldin(std::span<const double> points, int width, std::span<const std::int64_t> labels);

/// Calinski-Harabasz index; higher is better; 1 when nothing scatters within the clusters.
double calinskiHarabasz(std::span<const double> points, int width, std::span<const std::int64_t> labels);

/// Mean silhouette over samples, Euclidean; a sample alone in its cluster counts 0. Takes N^2 time.
double silhouette(std::span<const double> points, int width, std::span<const std::int64_t> labels);

/// Chance that a flagged sample scores above an unflagged one, ties half; 0.5 when either kind is missing.
double rocAuc(std::span<const double> scores, std::span<const std::uint8_t> flags);

/// Sum over thresholds of (recall step) * precision; 0 without flagged samples.
double averagePrecision(std::span<const double> scores, std::span<const std::uint8_t> flags);

/// Share of flagged samples among the k highest scores (ties: lower index first).
double precisionAt(std::span<const double> scores, std::span<const std::uint8_t> flags, std::size_t k);

} // namespace mien
