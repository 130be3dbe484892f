#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "models/score/confident_learning.h"
#include "models/score/suspicion.h"
#include "pipeline/flag/flag_inputs.h"
#include "pipeline/flag/flag_reasons.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mien {

/// By which score samples are flagged. All scores are computed whatever the method.
enum class FlagMethod { Fused, Eac, Arbex, ConfidentLearning };

std::string_view flagMethodName(FlagMethod method); ///< "fused", "eac", "arbex", "cl"
std::optional<FlagMethod> flagMethodNamed(std::string_view name);

/// A person's answer about a sample.
struct SampleAnswer
{
    std::int64_t sample = 0;
    bool wrong = false;
};

struct FlagOptions
{
    FlagMethod method = FlagMethod::Fused;

    /// Flag what is at least this suspicious. By default:
    ///   fused  as many of the most suspicious as labels are expected to be wrong (mean suspicion times samples)
    ///   eac    trust of the suggested class exceeds that of the given one by more than 0.1
    ///   arbex  another label after correction, with a confidence of at least 0.3
    ///   cl     prune_by_noise_rate
    /// A threshold stands for suspicion (fused), the difference of trust (eac), the confidence (arbex), cl_noise (cl).
    std::optional<double> threshold;

    std::vector<SampleAnswer> answers; ///< Used from 100 on; of samples that are not in the inputs: ignored.
    SuspicionOptions suspicion;
    bool reasons = true;
};

constexpr double absentScore = NAN; ///< A score without its evidence.

/// One sample's scores; `models.md` 2.7, 4.9, 10. Class indices are -1 where there is none.
struct FlagRow
{
    std::int64_t sample = 0;
    int label = -1;
    int predicted = -1;  ///< Most probable class.
    int suggested = -1;  ///< What the method would put in place of the label.
    int eacLabel = -1;   ///< Most trusted class.
    int arbexLabel = -1; ///< Corrected label.
    double suspicion = absentScore;
    double eacNoise = absentScore, eacInconsistency = absentScore, eacSpread = absentScore;
    double eacNoiseZ = absentScore, eacInconsistencyZ = absentScore; ///< Against samples of the same given class.
    double arbexNoise = absentScore, arbexConfidence = absentScore, arbexGiven = absentScore;
    double selfConfidence = absentScore, margin = absentScore, clNoise = absentScore;
    std::uint8_t rules = 0; ///< Bit i: flagged by allFlagRules[i].
    bool flagged = false;
    bool sawLabel = false;       ///< The probabilities are known to be in-sample.
    bool ambiguous = false;      ///< ARBEx agrees with the label, but is among the least confident tenth.
    std::vector<Reason> reasons; ///< Strongest first.
};

struct FlagReport
{
    std::vector<FlagRow> rows; ///< As in the inputs.
    FlagMethod method = FlagMethod::Fused;
    double threshold = 0; ///< The one that was used, in the units of FlagOptions::threshold.
    std::int64_t flagged = 0;
    std::int64_t labelled = 0;                     ///< Samples with a label: only these are scored.
    SuspicionWay way = SuspicionWay::WithoutTruth; ///< With Rank, suspicion is no probability.
    double expectedNoise = 0;                      ///< Expected share of wrong labels.
    LabelNoise noise;                              ///< Of confident learning.
    std::int64_t sawLabels = 0;                    ///< Labelled samples whose probabilities are known to be in-sample.
};

/// Scores every sample and decides which are flagged; reads no file and no database. Fails with Invalid (see
/// checkFlagInputs(); a method without its evidence) or Cancelled.
Result<FlagReport> computeFlags(const FlagInputs &inputs, const FlagOptions &options, const Job &job);

} // namespace mien
