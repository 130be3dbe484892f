#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "models/worker/compute.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <string_view>

namespace mien {

/// Opens a run's networks for repeated questions; each is loaded when its fold is first asked about.
/// @param initial  weights that the run started from; empty: where its checkpoints say
Result<std::unique_ptr<Explainer>> openRunExplainer(const std::filesystem::path &runFolder, std::string_view device,
                                                    const std::filesystem::path &initial);

/// The verb `explain`: maps of samples of a pack, each by the network that did not see it, as `<sample>.<kind>.npy`.
/// Unknown samples and kinds are refused before anything is written. Configuration and result: models/worker/verbs.md.
Result<nlohmann::json> explainSamples(const nlohmann::json &config, const EventSink &events, const Job &job);

} // namespace mien
