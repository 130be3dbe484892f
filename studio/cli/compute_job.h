#pragma once

#include "models/worker/compute.h"
#include "pipeline/store/project.h"

#include <nlohmann/json.hpp>

#include <functional>

namespace mien {

class Session;

using ComputeWork = std::function<Result<nlohmann::json>(Project &, Compute &, const EventSink &)>;

/// A job that computes on the project: opens it, begins the job, waits for its turn, loads the module, and then works.
/// @param unit  of its progress
Result<nlohmann::json> computeInProject(Session &session, Project::Access access, const char *unit,
                                        const ComputeWork &work);

} // namespace mien
