#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "models/worker/compute.h"

#include <nlohmann/json.hpp>

namespace mien {

/// The verb `score`: everything about a run's samples that only its networks can say, written as scores.safetensors.
///
/// Phases of one fold, whose network judges only what it was not trained on:
///   1. its training part: probabilities of both mirror views (the in-sample evidence) and pooled features;
///   2. what it judges: T + 1 draws of both views, giving probabilities, inconsistency, its spread, trust;
///   3. the shares of each class among the nearest training samples, in its pooled space;
///   4. the reliability head on its pooled features (`models.md` 10.2).
/// A finished fold is kept and not computed again while its inputs stay the same. Samples that no network was trained
/// on get the mean over all folds. Labels of judged samples are never read.
///
/// Configuration, files and result fields: models/worker/verbs.md.
Result<nlohmann::json> scoreRun(const nlohmann::json &config, const EventSink &events, const Job &job);

} // namespace mien
