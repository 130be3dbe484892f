#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "models/worker/compute.h"

#include <nlohmann/json.hpp>

#include <filesystem>

namespace mien {

/// The verb `train`: trains every fold of a run and writes its predictions. Run again after any interruption, it goes
/// on where it stopped. Configuration, files and result fields: models/worker/verbs.md.
Result<nlohmann::json> trainRun(const nlohmann::json &config, const EventSink &events, const Job &job);

/// Folder of fold k's files: the run's own with one fold.
std::filesystem::path foldFolder(const std::filesystem::path &run, int folds, int k);

} // namespace mien
