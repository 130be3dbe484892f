#pragma once

#include "models/worker/compute.h"
#include "pipeline/flag/planted_labels.h"
#include "pipeline/store/project.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace mien {

/// What `mien selftest` was asked.
struct SelfTestRequest
{
    std::string run;   ///< Finished; its settings, samples and folds are used.
    double rate = 0.1; ///< Share of the labels that is flipped, 0.01 to 0.5.
    FlipShape shape = FlipShape::Uniform;
    std::optional<std::int64_t> epochs; ///< Instead of the run's.
    std::uint64_t seed = 0;
    std::string device = "auto";
};

/// Measures on the person's own data how well each score finds wrong labels: flips a known share of the labels that a
/// run was trained with, in a copy that is thrown away; trains that copy as the run was trained (with 3 folds where the
/// run had one); flags it, and looks where the flipped labels stand. The project's labels and flags are untouched, and
/// no vote or review has a say. Broken off, it goes on; asked the same again, it answers at once.
///
/// @return fields of the result event: run, rate, shape, flipped, samples, folds, k (= flipped), auroc and precision_at
///   {score: number}, scores [{name, method, auroc, auroc_low, auroc_high, precision, precision_low, precision_high,
///   by_class {class: AUROC}, found [share]}], best first, reviewed [share], best, method. Kept as
///   `runs/<id>/selftests/<key>.json`.
/// Fails with NotFound, Conflict (an unfinished run, one that learned no labels) or Invalid (rate, too few samples).
Result<nlohmann::json> selfTest(Project &project, Compute &compute, const SelfTestRequest &request,
                                const EventSink &events, const Job &job);

} // namespace mien
