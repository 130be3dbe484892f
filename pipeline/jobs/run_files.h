#pragma once

#include "models/base/job.h"
#include "pipeline/store/doctor.h"

namespace mien {

/// What of the files of finished runs is missing or cut: config.json, metrics.jsonl, folds, predictions and the
/// checkpoint of every fold, and any other safetensors file whose size does not fit its header. Adds to what examine()
/// finds: kinds "missing_file" and "damaged_file". Reads headers only. Runs in the bin and folders that are gone as a
/// whole are passed over. Cancelled.
Result<std::vector<ProjectProblem>> examineRunFiles(const Project &project, const Job &job);

} // namespace mien
