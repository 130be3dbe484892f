#pragma once

#include "models/base/interval.h"
#include "pipeline/flag/flag_job.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mien {

/// How well one score finds labels that are known to be wrong. Intervals are of 95 %.
struct ScoreTrial
{
    std::string name;  ///< As a column of `mien flags`; what is low for suspicious samples as "1 - name".
    FlagMethod method; ///< That flags by this score.
    double auroc = 0, aurocLow = 0, aurocHigh = 0; ///< The interval after DeLong, DeLong and Clarke-Pearson (1988).
    /// Share of planted labels among as many of the most suspicious samples as were planted; Wilson's interval. A label
    /// that was wrong before counts against the score, so this is a lower bound.
    double precision = 0, precisionLow = 0, precisionHigh = 0;
    std::vector<double> aurocOfClass; ///< [L] among the samples with this label; NaN without any of both kinds.
    std::array<double, 9> found{};    ///< Share of the planted ones within the first trialReviews of all samples.
};

/// Shares of the samples, most suspicious first, at which ScoreTrial::found is read.
constexpr std::array<double, 9> trialReviews = {0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5};

/// Tries every score that the report has on the rows in `judged`, best AUROC first (equal: in the order of columns).
/// @param planted  [N] 1: the label is wrong
/// @param judged   [N] 1: counts; rows without a label never do
std::vector<ScoreTrial> tryScores(const FlagReport &report, int classes, std::span<const std::uint8_t> planted,
                                  std::span<const std::uint8_t> judged);

/// AUROC's interval of 95 %, cut to [0, 1]; [0, 1] where a kind has fewer than two.
Interval aurocInterval(std::span<const double> scores, std::span<const std::uint8_t> flags);

} // namespace mien
