#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "models/worker/compute.h"

#include <nlohmann/json.hpp>

namespace mien {

/// The verb `embed`: a 2-D map of the features of a run's network or of a file, and how faithful it is. A map that was
/// made before from the same inputs is given again at once; one that was stopped or killed goes on where it was, to the
/// bytes that it would have had. Configuration, files, events and result fields: models/worker/verbs.md.
Result<nlohmann::json> embedFeatures(const nlohmann::json &config, const EventSink &events, const Job &job);

} // namespace mien
