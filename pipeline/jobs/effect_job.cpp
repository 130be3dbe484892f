#include "pipeline/jobs/effect_job.h"

#include "pipeline/jobs/run_comparison.h"
#include "pipeline/jobs/train_job.h"
#include "pipeline/store/atomic_file.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/snapshots.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

namespace mien {

using nlohmann::json;

namespace {

/// Student's t at 97.5 %, by degrees of freedom from 1.
constexpr std::array<double, 9> studentT = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262};

Result<RunRow> learnedRun(const Project &project, const std::string &id)
{
    const auto run = finishedRun(project, id);
    if (!run)
        return fail(run.error());
    if (!learnedLabels(*run))
        return fail(ErrorCode::Conflict,
                    "Run " + run->id + " was pre-trained without labels: corrections change nothing in it.");
    return *run;
}

/// What two runs must share to be the same way of training.
json wayOf(const RunRow &run)
{
    json way = json::parse(run.configJson, nullptr, false);
    if (!way.is_object())
        return {};
    for (const char *differs : {"seed", "snapshot", "pack", "folds_of", "allowed_leaks"})
        way.erase(differs);
    return way;
}

/// Repeats `like` on a snapshot with a seed, or takes the run that did.
/// @param foldsOf  whose folds it then has; empty: those of its own seed
Result<RunRow> trainedLike(Project &project, Compute &compute, const RunRow &like, const std::string &snapshot,
                           std::int64_t seed, const std::string &foldsOf, const std::string &device,
                           const EventSink &events, const Job &job)
{
    for (const RunRow &run : runs(project)) {
        const json configuration = json::parse(run.configJson, nullptr, false);
        if (run.state == "done" && run.seed == seed && run.snapshot == snapshot && wayOf(run) == wayOf(like) &&
            configuration.is_object() && configuration.value("folds_of", "") == foldsOf)
            return run;
    }
    TrainRequest request{.snapshot = snapshot, .device = device, .fromRun = like.id};
    request.seed = seed;
    const auto result = train(project, compute, request, events, job);
    if (!result)
        return fail(result.error());
    return learnedRun(project, result->value("run", ""));
}

/// Samples that were in more than half of the lists.
std::vector<std::int64_t> inMost(const std::map<std::int64_t, std::size_t> &counts, std::size_t of)
{
    std::vector<std::int64_t> samples;
    for (const auto &[sample, count] : counts)
        if (2 * count > of)
            samples.push_back(sample);
    return samples;
}

} // namespace

MeanInterval meanInterval(std::span<const double> values)
{
    const double n = double(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double squares = 0;
    for (const double value : values)
        squares += (value - mean) * (value - mean);
    const double half = studentT[std::clamp<std::size_t>(values.size(), 2, 10) - 2] * std::sqrt(squares / (n - 1) / n);
    return {mean, mean - half, mean + half};
}

Result<json> effectOfCorrections(Project &project, Compute &compute, const EffectRequest &request,
                                 const EventSink &events, const Job &job)
{
    const auto base = learnedRun(project, request.run);
    if (!base)
        return fail(base.error());
    const auto after =
        request.snapshot.empty() ? createSnapshot(project, "", "") : snapshotNamed(project, request.snapshot);
    if (!after)
        return fail(after.error());
    if (after->hash == base->snapshot)
        return fail(ErrorCode::Conflict,
                    "Nothing has been corrected since run " + base->id + " was trained: its labels are those of now.");
    const json ownConfiguration = json::parse(base->configJson, nullptr, false);
    const std::string ownFolds = ownConfiguration.is_object() ? ownConfiguration.value("folds_of", "") : "";

    json pairs = json::array();
    std::vector<double> differences, accuracyBefore, accuracyAfter;
    std::map<std::int64_t, std::size_t> fixed, broken;
    MeanInterval ofOne;
    for (std::int64_t k = 0; k < request.seeds; ++k) {
        events({{"event", "progress"}, {"job", "effect"}, {"done", k}, {"total", request.seeds}, {"unit", "pair"}});
        const std::int64_t seed = base->seed + k;
        const auto without =
            k == 0 ? Result<RunRow>(*base)
                   : trainedLike(project, compute, *base, base->snapshot, seed, ownFolds, request.device, events, job);
        if (!without)
            return fail(without.error());
        const auto with =
            trainedLike(project, compute, *without, after->hash, seed, without->id, request.device, events, job);
        if (!with)
            return fail(with.error());
        const auto compared = compareRuns(project, without->id, with->id);
        if (!compared)
            return fail(compared.error());
        differences.push_back(compared->accuracyB - compared->accuracyA);
        accuracyBefore.push_back(compared->accuracyA);
        accuracyAfter.push_back(compared->accuracyB);
        ofOne = {differences.back(), compared->lower, compared->upper};
        for (const SampleId sample : compared->fixed)
            ++fixed[sample.value];
        for (const SampleId sample : compared->broken)
            ++broken[sample.value];
        pairs.push_back(
            {{"seed", seed}, {"before", without->id}, {"after", with->id}, {"difference", differences.back()}});
    }
    const MeanInterval interval = differences.size() < 2 ? ofOne : meanInterval(differences);
    const auto mean = [](const std::vector<double> &values) {
        return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
    };
    json result = {{"run", base->id},
                   {"before", base->snapshot},
                   {"after", after->hash},
                   {"seeds", request.seeds},
                   {"pairs", pairs},
                   {"accuracy_before", mean(accuracyBefore)},
                   {"accuracy_after", mean(accuracyAfter)},
                   {"difference", interval.mean},
                   {"low", interval.low},
                   {"high", interval.high},
                   {"fixed", inMost(fixed, differences.size())},
                   {"broken", inMost(broken, differences.size())},
                   {"at_ms", nowMs()}};
    if (const auto kept = writeFileAtomically(project.folder() / "runs" / base->id / "effect.json", result.dump(1));
        !kept)
        return fail(kept.error());
    return result;
}

} // namespace mien
