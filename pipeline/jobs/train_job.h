#pragma once

#include "models/worker/compute.h"
#include "pipeline/store/project.h"
#include "pipeline/store/runs.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace mien {

/// What `mien train` was asked. Members left empty take the default, or with `fromRun` what that run had.
struct TrainRequest
{
    std::optional<std::string> network;
    std::optional<std::string> recipe;             ///< quick, paper
    nlohmann::json set = nlohmann::json::object(); ///< KEY: VALUE, values as text
    std::optional<std::int64_t> folds;
    std::optional<std::int64_t> seed;
    /// Which labels: expression, drowsiness. Empty: those that most samples of the snapshot have.
    std::string space;
    std::string snapshot; ///< Hash or the beginning of one; empty: one is made of the project as it is.
    std::string device = "auto";
    std::string fromRun; ///< Repeat this run; what else is given replaces what it had.
    std::string resume;  ///< Go on with this unfinished run.
    /// Train although the splits leak; kept in the run's configuration as `allowed_leaks`, how many there were.
    bool allowLeaks = false;
    /// Safetensors whose weights are taken over where they meet the network's, or the id of a finished run: the network
    /// of its first fold. Kept in the run's configuration as it is said.
    std::string initial;
};

/// Whether a training could begin like this. Invalid names the wrong option and what is possible; nothing is made.
/// @return every setting it would have, the recipe's included, as `--set` takes them: key -> value
Result<nlohmann::json> checkTraining(Compute &compute, const TrainRequest &request, const Job &job);

/// Snapshot → pack → training → predictions in the project. An unfinished run of the same configuration on the same
/// snapshot is continued; otherwise a new run is registered.
///
/// A network learns labels of one label space: samples with labels of another are left out, with a warning that says
/// how many.
///
/// Trained on what the snapshot marks `train`, or on everything labelled when it has no splits; every sample of the
/// snapshot is judged. Repeating a run on another snapshot keeps its folds, so that the two can be compared.
///
/// One network for all (folds 1) is measured on the other splits: where these leak (trainingLeaks) it is refused with
/// Conflict, before there is a run. With more folds the measure is out of fold, and folds never part what belongs
/// together; what lies outside of `train` is judged all the same.
///
/// @return fields of the result event: run, metrics, images_per_s, precision, memory_format, resumed_epoch, …
Result<nlohmann::json> train(Project &project, Compute &compute, const TrainRequest &request, const EventSink &events,
                             const Job &job);

/// Reads runs/<id>/predictions.safetensors into the project. Classes the project does not know are Invalid.
Result<> storePredictionsOf(Project &project, const RunRow &run);

} // namespace mien
