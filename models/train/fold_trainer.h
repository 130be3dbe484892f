#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "models/io/training_pack.h"
#include "models/train/checkpoint.h"
#include "models/train/compute_mode.h"
#include "models/train/run_log.h"
#include "models/train/train_config.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace mien {

/// What one network is trained on.
struct FoldPlan
{
    int fold = 0;
    std::vector<std::int64_t> training; ///< Rows of the pack.
    std::vector<std::int64_t> watched;  ///< Rows to report accuracy on after each epoch; never trained on.
    bool watchedMaySteer = false;       ///< They are a slice of the fold's own training part, not what it will judge.
    std::filesystem::path folder; ///< For checkpoint.safetensors and, until it is done, training_state.safetensors.
};

/// Everything that all folds of a run share. The references outlive the training.
struct FoldContext
{
    const TrainConfig &config;
    const TrainingPack &pack;
    std::span<const std::int64_t> labels; ///< Of every row of the pack.
    std::span<const float> targets;       ///< Of every row, L each: what is learned in place of labels; empty: labels.
    ComputeMode mode;
    std::string identity; ///< Hash of what decides the weights.
    RunLog &log;
    ProgressMeter &progress;
    const Job &job;
};

struct FoldOutcome
{
    int resumedEpoch = 0;           ///< First epoch that was trained now; equal to the epochs: nothing was left.
    int epochs = 0;                 ///< Trained in all, which an early stop may end.
    std::int64_t imagesTrained = 0; ///< Now.
    double seconds = 0;             ///< Now, without evaluation.
    nlohmann::json initial;         ///< How the weights that it began with and the network met; null: from nothing.
};

/// What the epochs of any network of a run draw from; its rows are those of a plan.
EpochSource epochSource(const TrainConfig &config, const TrainingPack &pack, std::span<const std::int64_t> labels);

/// @param source  of epochSource()
std::int64_t stepsPerEpoch(const FoldPlan &plan, EpochSource source, const TrainConfig &config);

/// Trains one network, going on after the last complete epoch where an earlier start was stopped; on a CPU the
/// weights are bit for bit those of an uninterrupted training.
///
/// Fails with Cancelled, NoSpace (the last good checkpoint stays), Invalid (the loss is no longer finite; the last
/// good checkpoint stays) or Conflict (the folder holds the network of another configuration).
Result<FoldOutcome> trainFold(const FoldPlan &plan, const FoldContext &context);

/// One training step of throw-away weights in each mode it is called with; what chosenMode() times.
std::function<void(const ComputeMode &)> probeStep(const TrainConfig &config, const NetworkConfig &network);

/// The network that a configuration means for this pack: classes, channels and side filled in.
/// Fails with Invalid, naming the options of the network and the keys of `--set`; and where class maps are to be
/// compared (`lambda`) of a network that has none.
Result<NetworkConfig> networkFor(const TrainConfig &config, const TrainingPack &pack);

/// How the largest probability agrees with labels; rows without label (-1) are left out.
struct Agreement
{
    double accuracy = 0;
    double balancedAccuracy = 0;
    double macroF1 = 0;
    double negativeLogLikelihood = 0;
    double calibrationError = 0; ///< `models.md` 9.5
    std::int64_t count = 0;
};
Agreement agreementOf(std::span<const float> probabilities, std::span<const std::int64_t> labels, int classes);

} // namespace mien
