#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "models/worker/compute.h"

#include <nlohmann/json.hpp>

namespace mien {

/// The verb `predict`: classifies crops by one checkpoint, or by the mean of a run's fold networks. One view, not
/// mirrored: with one checkpoint the logits are what any other program computes from its weights.
/// Configuration and result fields: models/worker/verbs.md.
Result<nlohmann::json> predictCrops(const nlohmann::json &config, const EventSink &events, const Job &job);

} // namespace mien
