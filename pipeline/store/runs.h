#pragma once

#include "models/base/result.h"
#include "pipeline/store/sample.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mien {

class Project;

struct RunRow
{
    std::string id;      ///< "r3"
    std::string network; ///< "eac-compact"
    std::string recipe;
    std::string snapshot; ///< Hash of the data it was trained on.
    std::string state;    ///< running, done, failed, cancelled
    std::string device;
    std::string configJson;  ///< Complete configuration, enough to repeat it.
    std::string metricsJson; ///< {"accuracy":…, "macro_f1":…}
    int folds = 1;
    std::int64_t seed = 0;
    std::int64_t startedAtMs = 0;
    std::optional<std::int64_t> finishedAtMs;
    std::int64_t samples = 0;
    std::optional<std::int64_t> removedAtMs; ///< In the bin since then.
};

/// What a run was told of the setting `key` by `--set`, as text; empty: the recipe's.
std::string settingOf(const RunRow &run, const std::string &key);
/// False of a run that was only pre-trained (`pretrain` of 1): it learned to draw faces, and what its networks say of
/// labels means nothing. Other trainings start from it.
bool learnedLabels(const RunRow &run);

/// Next free id "r<n>" and its folder runs/<id>.
Result<std::string> addRun(Project &project, const RunRow &run);
Result<> updateRun(Project &project, const RunRow &run);
std::vector<RunRow> runs(const Project &project);                              ///< Oldest first, without removed ones.
std::vector<RunRow> removedRuns(const Project &project);                       ///< What lies in the bin.
std::optional<RunRow> runNamed(const Project &project, const std::string &id); ///< Not when it is removed.
/// A run that is done: NotFound, or Conflict that says how it goes on.
Result<RunRow> finishedRun(const Project &project, const std::string &id);

/// Takes a run out of the project: it is listed, compared and predicts no more, and lies in the bin (bin.h) for
/// `binDays` days. No step of undo. Flags that were made from it stay until the next flagging. NotFound.
Result<> removeRun(Project &project, const std::string &id);
Result<> restoreRun(Project &project, const std::string &id); ///< NotFound when the bin does not hold it.
/// Deletes a run that has nothing to come back to: refused at its start, or its folder is gone. NotFound.
Result<> deleteRun(Project &project, const std::string &id);

/// Out-of-fold predictions of a run (without removed samples), stored for comparing runs and for `predicted:` filters.
struct PredictionRow
{
    SampleId sample;
    ClassId predicted;
    ClassId labelAtTraining; ///< 0: not trained on.
    int fold = -1;
    float probability = 0; ///< Of the predicted class.
};
Result<> storePredictions(Project &project, const std::string &run, const std::vector<PredictionRow> &rows);
std::vector<PredictionRow> predictionsOf(const Project &project, const std::string &run);

/// One sample's scores of one flagging (columns of `mien flags`).
struct ScoreRow
{
    SampleId sample;
    ClassId scoredLabel; ///< The label the scores were computed for; another current label makes them stale.
    double suspicion = 0, eacNoise = 0, eacInconsistency = 0, eacSpread = 0;
    double arbexNoise = 0, arbexConfidence = 0, selfConfidence = 0, margin = 0, clNoise = 0;
    ClassId predicted, suggested, arbexLabel;
    bool flagged = false;
    bool inSample = false;            ///< The probabilities came from a model that saw the sample.
    std::vector<float> probabilities; ///< Out of fold, in class order of the flagging.
    std::string detailsJson;          ///< Everything else for the inspector: distributions, neighbours, anchors.
    /// By the name of the measure, `attention.eyes` …: shares of the predicted class's attention; empty: none.
    std::map<std::string, double> attention;
    std::string reasonsJson; ///< [{"kind":…,"value":…,"class":…,"text":…}] strongest first.
};

struct FlaggingRow
{
    std::int64_t id = 0;
    std::string run;    ///< Empty for a researcher's own probabilities.
    std::string method; ///< fused, eac, arbex, cl
    double threshold = 0;
    std::string way; ///< without-truth, answers, ranks: how suspicion was made.
    std::string modelHash, preprocessingHash;
    std::vector<std::string> classes;
    std::int64_t atMs = 0;
    std::int64_t flagged = 0;
};

/// Stores a flagging as the current one: flags open where flagged and not decided by a person already.
Result<std::int64_t> storeFlagging(Project &project, const FlaggingRow &flagging, const std::vector<ScoreRow> &rows);
std::optional<FlaggingRow> currentFlagging(const Project &project);
std::optional<ScoreRow> scoreOf(const Project &project, SampleId sample);

struct FlagListRow
{
    SampleRow sample; ///< Carries all scores.
};
/// Scored samples, most suspicious first. `state` empty: every scored sample.
Result<std::vector<SampleId>> flaggedSamples(const Project &project, std::string_view state,
                                             std::optional<std::int64_t> top);
struct FlagCounts
{
    std::int64_t open = 0, accepted = 0, rejected = 0;
};
FlagCounts flagCounts(const Project &project);

} // namespace mien
