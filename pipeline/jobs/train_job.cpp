#include "pipeline/jobs/train_job.h"

#include "models/io/safetensors.h"
#include "models/io/safetensors_header.h"
#include "models/networks/network_names.h"
#include "models/train/train_config.h"
#include "pipeline/jobs/dedup_job.h"
#include "pipeline/jobs/run_pack.h"
#include "pipeline/jobs/stoppable_compute.h"
#include "pipeline/split/splits.h"
#include "pipeline/store/snapshots.h"

#include <algorithm>
#include <map>

namespace mien {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

json parsed(const std::string &text)
{
    json value = json::parse(text, nullptr, false);
    return value.is_object() ? value : json::object();
}

Result<RunRow> knownRun(const Project &project, const std::string &id)
{
    if (auto run = runNamed(project, id))
        return *run;
    return fail(ErrorCode::NotFound, "There is no run " + id + "; mien runs list shows them.");
}

/// The request as it is stored with the run: enough to repeat it, and equal for what may be continued. The same
/// snapshot gives another pack once more near-duplicates are known.
json configurationOf(const TrainRequest &request, const PackOptions &pack, const std::string &packHash,
                     const std::string &foldsOf, std::size_t leaks)
{
    json configuration = {{"network", request.network.value_or("")},
                          {"recipe", request.recipe.value_or("quick")},
                          {"set", request.set},
                          {"folds", request.folds.value_or(1)},
                          {"seed", request.seed.value_or(0)},
                          {"snapshot", *pack.snapshot},
                          {"pack", {{"side", pack.sidePx}, {"hash", packHash}}},
                          {"folds_of", foldsOf}};
    if (!pack.space.empty())
        configuration["space"] = pack.space;
    if (leaks > 0)
        configuration["allowed_leaks"] = leaks;
    if (!request.initial.empty())
        configuration["initial"] = request.initial;
    return configuration;
}

/// The file that a training starts from; empty: from nothing.
Result<std::string> initialFile(const Project &project, const std::string &initial)
{
    const auto run = runNamed(project, initial);
    if (!run)
        return initial;
    if (run->state != "done")
        return fail(ErrorCode::Conflict, "Run " + run->id + " is not finished (" + run->state +
                                             "), so nothing can start from it; mien train --resume " + run->id +
                                             " goes on with it.");
    const fs::path folder = project.folder() / "runs" / run->id;
    const fs::path file = (run->folds > 1 ? folder / "fold0" : folder) / "checkpoint.safetensors";
    if (const auto checked = checkSafetensors(file); !checked)
        return fail(checked.error());
    return file.string();
}

/// Pre-training alone (models.md 5.1): no label is learned, and nothing is measured.
bool isPretraining(const json &set)
{
    return !learnedLabels({.configJson = json{{"set", set}}.dump()});
}

/// How many leaks the splits have that the training would be measured by, and that were allowed; Conflict where they
/// were not.
Result<std::size_t> allowedLeaks(Project &project, const TrainRequest &request, const std::string &snapshot,
                                 const Job &job)
{
    if (request.folds.value_or(1) > 1 || isPretraining(request.set))
        return 0;
    // Pictures that are nearly the same count, too, whether somebody looked for them or not.
    if (const auto found = findDueNearDuplicates(project, {job.stop, [](const Progress &) {}}); !found)
        return fail(found.error());
    const auto leaks = trainingLeaks(project, snapshot, {job.stop, [](const Progress &) {}});
    if (!leaks)
        return fail(leaks.error());
    if (leaks->empty() || request.allowLeaks)
        return leaks->size();
    const SplitLeak &first = leaks->front();
    std::string kind(nameOf(first.kind));
    std::replace(kind.begin(), kind.end(), '_', '-');
    return fail(ErrorCode::Conflict,
                "The splits leak, so that what the network is measured by would flatter it: the " + kind + " " +
                    first.name +
                    (leaks->size() > 1 ? " and " + std::to_string(leaks->size() - 1) + " more lie" : " lies") +
                    " in train and in another split. mien split --by subject deals splits that do not leak, --check"
                    " names all leaks; --folds 2 or more measures by networks that saw no kin of a face;"
                    " --allow-leaks trains all the same.");
}

/// What the request leaves open, from the run it repeats.
void fillFrom(const RunRow &run, TrainRequest &request)
{
    const json configuration = parsed(run.configJson);
    if (!request.network || *request.network == run.network) {
        json set = configuration.value("set", json::object());
        set.update(request.set);
        request.set = set;
    }
    if (!request.network)
        request.network = run.network;
    if (!request.recipe)
        request.recipe = run.recipe;
    if (!request.folds)
        request.folds = run.folds;
    if (!request.seed)
        request.seed = run.seed;
    if (request.space.empty())
        request.space = configuration.value("space", "");
    if (request.snapshot.empty())
        request.snapshot = run.snapshot;
    if (configuration.value("allowed_leaks", 0) > 0)
        request.allowLeaks = true;
    if (request.initial.empty())
        request.initial = configuration.value("initial", "");
}

Result<SnapshotRow> snapshotFor(Project &project, const std::string &wanted)
{
    auto snapshot = wanted.empty() ? createSnapshot(project, "", "") : snapshotNamed(project, wanted);
    if (snapshot && snapshot->samples == 0)
        return fail(ErrorCode::Invalid, "There is nothing to train on: " + project.folder().string() +
                                            " has no samples; mien import reads some.");
    return snapshot;
}

Result<> needLabels(const Project &project, const std::string &snapshot)
{
    const auto samples = snapshotSamples(project, snapshot);
    if (!samples)
        return fail(samples.error());
    if (std::any_of(samples->begin(), samples->end(),
                    [&](const SnapshotSample &sample) { return project.classNamed(sample.label).has_value(); }))
        return {};
    return fail(ErrorCode::Invalid, "There is nothing to learn from: no sample is labelled. Label some first.");
}

/// Which labels of a snapshot are learned.
struct ChosenSpace
{
    std::string space; ///< "": the snapshot has labels of one space only.
    std::int64_t leftOut = 0;
    std::string other; ///< A space that is left out.
};

Result<ChosenSpace> chosenSpace(const Project &project, const std::string &snapshot, const std::string &wanted)
{
    const auto samples = snapshotSamples(project, snapshot);
    if (!samples)
        return fail(samples.error());
    std::map<std::string, std::string> spaceOfClass;
    for (const ExpressionClass &known : project.classes())
        if (known.space != "user") // a project's own classes stand beside any
            spaceOfClass[known.name] = known.space;
    std::map<std::string, std::int64_t> counts;
    for (const SnapshotSample &sample : *samples)
        if (const auto known = spaceOfClass.find(sample.label); known != spaceOfClass.end())
            ++counts[known->second];
    const auto shortName = [](const std::string &space) { return space.substr(0, space.find('/')); };
    ChosenSpace chosen;
    std::string there;
    for (const auto &[space, count] : counts) {
        there += (there.empty() ? "" : ", ") + shortName(space);
        if (wanted.empty() ? chosen.space.empty() || count > counts[chosen.space]
                           : wanted == space || wanted == shortName(space))
            chosen.space = space;
    }
    if (!wanted.empty() && chosen.space.empty())
        return fail(ErrorCode::Invalid, "No sample has a label of " + wanted +
                                            "; there are labels of: " + (there.empty() ? "none" : there) + ".");
    if (counts.size() < 2)
        return ChosenSpace{};
    for (const auto &[space, count] : counts)
        if (space != chosen.space) {
            chosen.leftOut += count;
            chosen.other = shortName(space);
        }
    return chosen;
}

/// The run to write to: the unfinished one of this configuration, or a new row.
Result<RunRow> runFor(Project &project, const TrainRequest &request, const json &configuration)
{
    const std::string text = configuration.dump();
    if (!request.resume.empty())
        return knownRun(project, request.resume);
    const std::vector<RunRow> all = runs(project);
    const auto unfinished = std::find_if(
        all.rbegin(), all.rend(), [&](const RunRow &run) { return run.state != "done" && run.configJson == text; });
    if (unfinished != all.rend())
        return *unfinished;
    RunRow run{.network = *request.network,
               .recipe = configuration["recipe"],
               .snapshot = configuration["snapshot"],
               .state = "running",
               .device = request.device,
               .configJson = text,
               .metricsJson = "{}",
               .folds = int(configuration["folds"].get<std::int64_t>()),
               .seed = configuration["seed"],
               .startedAtMs = nowMs()};
    const auto id = addRun(project, run);
    if (!id)
        return fail(id.error());
    run.id = *id;
    return run;
}

} // namespace

Result<> storePredictionsOf(Project &project, const RunRow &run)
{
    const fs::path path = project.folder() / "runs" / run.id / "predictions.safetensors";
    const auto file = SafetensorsFile::open(path);
    if (!file)
        return fail(file.error());
    const auto sample = file->values<std::int64_t>("sample");
    const auto label = file->values<std::int64_t>("label");
    const auto fold = file->values<std::int64_t>("fold");
    const auto probabilities = file->values<float>("probabilities");
    for (const auto *part : {&sample, &label, &fold})
        if (!*part)
            return fail(part->error());
    if (!probabilities)
        return fail(probabilities.error());
    const auto names = file->metadata().find("classes");
    const json classes = names == file->metadata().end() ? json() : json::parse(names->second, nullptr, false);
    if (!classes.is_array() || label->size() != sample->size() || fold->size() != sample->size() ||
        probabilities->size() != sample->size() * classes.size())
        return fail(ErrorCode::Invalid, path.string() + " does not hold predictions that fit together; train again.");
    std::vector<ClassId> ids;
    for (const json &name : classes) {
        const auto id = name.is_string() ? project.classNamed(name.get<std::string>()) : std::nullopt;
        if (!id)
            return fail(ErrorCode::Invalid,
                        path.string() + " names a class that the project does not have: " + name.dump() + ".");
        ids.push_back(*id);
    }
    std::vector<PredictionRow> rows;
    rows.reserve(sample->size());
    for (std::size_t i = 0; i < sample->size(); ++i) {
        const float *row = probabilities->data() + i * ids.size();
        const auto best = std::size_t(std::max_element(row, row + ids.size()) - row);
        const std::int64_t given = (*label)[i];
        const bool labelled = given >= 0 && given < std::int64_t(ids.size());
        rows.push_back({SampleId{(*sample)[i]}, ids[best], labelled ? ids[std::size_t(given)] : ClassId{},
                        int((*fold)[i]), row[best]});
    }
    return storePredictions(project, run.id, rows);
}

Result<json> checkTraining(Compute &compute, const TrainRequest &request, const Job &job)
{
    const std::string network = request.network.value_or("eac-compact");
    if (std::find(trainedNetworkNames.begin(), trainedNetworkNames.end(), network) == trainedNetworkNames.end()) {
        std::string known; // the catalogue knows trunks as well, which are there to be built on
        for (const std::string_view name : trainedNetworkNames)
            known.append(known.empty() ? "" : ", ").append(name);
        return fail(ErrorCode::Invalid, "There is no network \"" + network + "\" to train; there are: " + known + ".");
    }
    if (const auto input = inputOf(compute, network, request.set, job); !input)
        return fail(input.error());
    const json config = {{"pack", "packs"},
                         {"out", "runs"},
                         {"network", network},
                         {"recipe", request.recipe.value_or("quick")},
                         {"set", request.set},
                         {"folds", request.folds.value_or(1)},
                         {"seed", request.seed.value_or(0)}};
    const auto read = TrainConfig::fromJson(config);
    if (!read)
        return fail(read.error());
    return read->allSettings();
}

Result<json> train(Project &project, Compute &compute, const TrainRequest &asked, const EventSink &events,
                   const Job &job)
{
    TrainRequest request = asked;
    std::string foldsOf;
    const bool isRepeated = request.resume.empty() && !request.fromRun.empty();
    if (const std::string &source = request.resume.empty() ? request.fromRun : request.resume; !source.empty()) {
        const auto run = knownRun(project, source);
        if (!run)
            return fail(run.error());
        if (!request.resume.empty() && run->state == "done")
            return fail(ErrorCode::Conflict, "Run " + run->id + " is finished; --from-run " + run->id + " repeats it.");
        foldsOf = parsed(run->configJson).value("folds_of", "");
        fillFrom(*run, request);
        if (const auto now = snapshotFor(project, request.snapshot);
            request.resume.empty() && now && now->hash != run->snapshot)
            foldsOf = run->id;
    }
    const auto snapshot = snapshotFor(project, request.snapshot);
    if (!snapshot)
        return fail(snapshot.error());

    if (const auto labelled = needLabels(project, snapshot->hash); !labelled)
        return fail(labelled.error());
    if (const auto checked = checkTraining(compute, request, job); !checked)
        return fail(checked.error());
    const auto initial = initialFile(project, request.initial);
    if (!initial)
        return fail(initial.error());
    const auto leaks = allowedLeaks(project, request, snapshot->hash, job);
    if (!leaks)
        return fail(leaks.error());
    const auto shape = inputOf(compute, *request.network, request.set, job);
    if (!shape)
        return fail(shape.error());
    const auto chosen = chosenSpace(project, snapshot->hash, request.space);
    if (!chosen)
        return fail(chosen.error());
    const auto options = packOptionsFor(project, snapshot->hash, *shape, chosen->space);
    if (!options)
        return fail(options.error());
    // Told apart from the training that follows, or a window would show it as done before it began.
    const auto tell = [&](const Progress &progress, const char *unit) {
        events({{"event", "progress"},
                {"job", "train"},
                {"done", progress.done},
                {"total", progress.total},
                {"unit", unit},
                {"step", progress.step}});
    };
    Progress told;
    const auto pack =
        makePack(project, *options, {job.stop, [&](const Progress &progress) {
                                         if (progress.done < told.done + 500 && progress.done < progress.total)
                                             return;
                                         told = progress;
                                         tell({progress.done, progress.total, "Preparing the faces"}, "face");
                                     }});
    if (!pack)
        return fail(pack.error());
    tell({0, 0, "Finding out how this machine computes fastest"}, "step");
    for (const PackReport::LeftOut &left : pack->leftOut)
        events({{"event", "warning"}, {"code", left.code}, {"path", left.source}, {"message", left.reason}});

    if (chosen->leftOut > 0)
        events({{"event", "warning"},
                {"code", "OTHER_LABEL_SPACE"},
                {"path", snapshot->hash},
                {"message", std::to_string(chosen->leftOut) + " samples have labels of " + chosen->other +
                                " and are left out; --space " + chosen->other + " trains on them."}});
    const json configuration = configurationOf(request, *options, pack->hash, foldsOf, *leaks);
    auto run = runFor(project, request, configuration);
    if (!run)
        return fail(run.error());
    if (*leaks > 0) { // a run that is gone on with may have begun before anybody looked
        json stored = parsed(run->configJson);
        stored["allowed_leaks"] = *leaks;
        run->configJson = stored.dump();
    }
    run->state = "running";
    run->finishedAtMs.reset();
    if (const auto begun = updateRun(project, *run); !begun)
        return fail(begun.error());
    events({{"event", "run"},
            {"run", run->id},
            {"network", run->network},
            {"snapshot", run->snapshot},
            {"folds", run->folds}});

    const fs::path runs = project.folder() / "runs";
    json config = {{"pack", pack->folder.string()},
                   {"out", (runs / run->id).string()},
                   {"run", run->id},
                   {"network", run->network},
                   {"recipe", run->recipe},
                   {"set", request.set},
                   {"folds", run->folds},
                   {"seed", run->seed},
                   {"device", request.device}};
    if (*leaks > 0)
        config["allowed_leaks"] = *leaks;
    if (!initial->empty())
        config["initial"] = *initial;
    if (!foldsOf.empty())
        config["assignment"] = (runs / foldsOf / "folds.safetensors").string();
    if (isRepeated) // a measurement could come out otherwise
        config["mode_of"] = (runs / request.fromRun / "config.json").string();
    auto result = runStoppable(compute, "train", config, events, job);
    Result<> stored;
    if (result && !isPretraining(request.set))
        stored = storePredictionsOf(project, *run);
    run->finishedAtMs = nowMs();
    if (!result && result.error().code == ErrorCode::Invalid && !fs::exists(runs / run->id / "config.json")) {
        // Refused before it began, for a wrong setting: nothing is left behind.
        if (const auto deleted = deleteRun(project, run->id); !deleted)
            return fail(deleted.error());
        return fail(result.error());
    }
    if (!result || !stored) {
        const Error error = result ? stored.error() : result.error();
        run->state = error.code == ErrorCode::Cancelled ? "cancelled" : "failed";
        if (const auto noted = updateRun(project, *run); !noted)
            return fail(error.code, error.message + " " + noted.error().message);
        return fail(error);
    }
    run->state = "done";
    run->metricsJson = result->value("metrics", json::object()).dump();
    run->device = result->value("device", request.device);
    run->samples = result->value("samples", pack->samples);
    if (const auto finished = updateRun(project, *run); !finished)
        return fail(finished.error());
    (*result)["run"] = run->id;
    (*result)["snapshot"] = run->snapshot;
    if (!chosen->space.empty())
        (*result)["space"] = chosen->space;
    if (*leaks > 0)
        (*result)["allowed_leaks"] = *leaks;
    return result;
}

} // namespace mien
