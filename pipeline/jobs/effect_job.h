#pragma once

#include "models/worker/compute.h"
#include "pipeline/store/project.h"
#include "pipeline/store/sample.h"

#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mien {

/// What `mien runs effect` was asked.
struct EffectRequest
{
    std::string run;        ///< Finished; trained on the labels as they were.
    std::int64_t seeds = 3; ///< 1 to 10: so many pairs of trainings, with the run's seed and the following ones.
    std::string snapshot;   ///< Of the corrected labels; empty: as they are now.
    std::string device = "auto";
};

/// "What did my corrections bring?": trains as a run was trained, on the labels as they were and as they are, in pairs
/// of the same seed and the same folds, and compares each pair on the labels as they are now (RunComparison). Runs that
/// are there already are taken; broken off, it goes on. Each training is a run of the project.
///
/// @return fields of the result event: run, before, after (snapshots), seeds, pairs [{seed, before, after,
/// difference}],
///   accuracy_before, accuracy_after, difference, low, high (95 % of the mean difference over the seeds, by Student's
///   t; of one seed by its paired samples), fixed, broken (samples that changed in more than half of the pairs)
/// Fails with NotFound, or Conflict where the labels have not changed since.
Result<nlohmann::json> effectOfCorrections(Project &project, Compute &compute, const EffectRequest &request,
                                           const EventSink &events, const Job &job);

/// Mean and its 95 % interval by Student's t, of 2 to 10 values.
struct MeanInterval
{
    double mean = 0, low = 0, high = 0;
};
MeanInterval meanInterval(std::span<const double> values);

} // namespace mien
