#pragma once

#include "models/worker/compute.h"
#include "pipeline/flag/flag_job.h"
#include "pipeline/store/project.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace mien {

/// What `mien flag` was asked.
struct FlagRequest
{
    std::string run;                     ///< Score by this run's networks, or
    std::filesystem::path probabilities; ///< by a researcher's own: `.npy` [N, L] or CSV keyed by `id` or `source`.
    std::filesystem::path features;      ///< With `probabilities`: `.npy` [N, D], for the neighbours.
    std::filesystem::path labels;        ///< Without a project: `.npy` [N].
    std::filesystem::path out;           ///< CSV of the rules of confident learning; empty: none.
    FlagMethod method = FlagMethod::Fused;
    std::optional<double> threshold;
    bool ignoreReviews = false; ///< Do not learn from what people answered.
    bool ignoreVotes = false;   ///< Votes must have no say: a run that learned from them is refused.
    std::optional<std::int64_t> batch;
    std::string device = "auto";
    std::uint64_t seed = 0;
    /// Told of every row of `probabilities` that no sample answers to, once the flags are stored.
    std::function<void(const FlagInputs::UnknownRow &)> onUnknown;
};

/// Scores every sample of the project and stores the flags. Run members are judged under the label they were trained
/// with, samples that the run did not know by the mean of its networks under their current label.
/// @return fields of the result event: flagged, threshold, scored, method, way, expected_noise, answers
Result<nlohmann::json> flagByRun(Project &project, Compute &compute, const FlagRequest &request,
                                 const EventSink &events, const Job &job);

/// The same from a researcher's own probabilities.
Result<nlohmann::json> flagByProbabilities(Project &project, const FlagRequest &request, const Job &job);

/// Without a project: probabilities and labels in, the table of rules out.
Result<nlohmann::json> flagTables(const FlagRequest &request, const Job &job);

} // namespace mien
