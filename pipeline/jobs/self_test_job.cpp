#include "pipeline/jobs/self_test_job.h"

#include "models/io/safetensors.h"
#include "pipeline/flag/score_trial.h"
#include "pipeline/jobs/run_pack.h"
#include "pipeline/jobs/stoppable_compute.h"
#include "pipeline/store/atomic_file.h"
#include "pipeline/store/hash.h"
#include "pipeline/store/runs.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <unordered_map>

namespace mien {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::int64_t foldsOfOne = 3;     // where the run had a single network
constexpr std::int64_t leastSamples = 100; // below, an AUROC says nothing
constexpr double leastRate = 0.01, mostRate = 0.5;

json parsed(const std::string &text)
{
    json value = json::parse(text, nullptr, false);
    return value.is_object() ? value : json::object();
}

/// Settings that the copy is trained with. What votes say of a flipped label would give it away.
json settingsFor(const RunRow &run, const SelfTestRequest &request)
{
    json set = parsed(run.configJson).value("set", json::object());
    set.erase("targets");
    if (request.epochs)
        set["epochs"] = std::to_string(*request.epochs);
    return set;
}

/// Where one self-test works, and where its result stays.
struct Places
{
    fs::path folder, result;
    fs::path pack() const { return folder / "pack"; }
    fs::path run() const { return folder / "run"; }
    fs::path scores() const { return folder / "scores.safetensors"; }
};

Places placesOf(const Project &project, const RunRow &run, const SelfTestRequest &request, const json &set,
                const std::string &pixels)
{
    const json identity = {{"rate", request.rate},  {"shape", flipShapeName(request.shape)},
                           {"seed", request.seed},  {"set", set},
                           {"pixels", pixels},      {"snapshot", run.snapshot},
                           {"network", run.network}};
    const fs::path folder = project.folder() / "runs" / run.id / "selftests";
    const std::string key = hexOf(hashOf(identity.dump())).substr(0, 16);
    return {folder / key, folder / (key + ".json")};
}

/// Which samples may be flipped: those that the run's networks were trained on.
Result<std::vector<std::uint8_t>> membersOf(const fs::path &runFolder, const TrainingPack &pack)
{
    const auto file = SafetensorsFile::open(runFolder / "folds.safetensors");
    if (!file)
        return fail(file.error());
    const auto sample = file->values<std::int64_t>("sample"), fold = file->values<std::int64_t>("fold");
    if (!sample || !fold)
        return fail(sample ? fold.error() : sample.error());
    std::unordered_map<std::int64_t, std::int64_t> foldOf;
    for (std::size_t i = 0; i < std::min(sample->size(), fold->size()); ++i)
        foldOf.emplace((*sample)[i], (*fold)[i]);
    std::vector<std::uint8_t> members;
    for (std::size_t i = 0; i < pack.count(); ++i) {
        const auto known = foldOf.find(pack.samples()[i]);
        members.push_back(pack.labels()[i] >= 0 && known != foldOf.end() && known->second >= 0);
    }
    return members;
}

/// How the labels are confused now, by what the run's networks said of samples they had not seen.
Result<LabelNoise> confusionsOf(const fs::path &runFolder, const TrainingPack &pack)
{
    const auto file = SafetensorsFile::open(runFolder / "predictions.safetensors");
    if (!file)
        return fail(file.error());
    const auto sample = file->values<std::int64_t>("sample"), label = file->values<std::int64_t>("label");
    const auto probabilities = file->values<float>("probabilities");
    if (!sample || !label)
        return fail(sample ? label.error() : sample.error());
    if (!probabilities)
        return fail(probabilities.error());
    const std::size_t classes = pack.classes().size();
    if (label->size() != sample->size() || probabilities->size() != sample->size() * classes)
        return fail(ErrorCode::Invalid, (runFolder / "predictions.safetensors").string() +
                                            " does not hold predictions that fit together; train again.");
    std::vector<std::int64_t> labels;
    std::vector<float> p;
    for (std::size_t i = 0; i < sample->size(); ++i)
        if ((*label)[i] >= 0) {
            labels.push_back((*label)[i]);
            p.insert(p.end(), probabilities->begin() + std::ptrdiff_t(i * classes),
                     probabilities->begin() + std::ptrdiff_t((i + 1) * classes));
        }
    return estimateLabelNoise(normalizedRows(std::span<const float>(p), int(classes)), labels, int(classes));
}

/// A pack of the same pictures with other labels. Pictures are linked where the file system can, else copied.
Result<> writePack(const TrainingPack &pack, const PlantedLabels &planted, const fs::path &folder)
{
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        return fail(systemError(error.value(), folder, "could not be made"));
    for (const char *name : {"images.u8", "landmarks.f32", "outlines.f32"}) {
        const fs::path from = pack.folder() / name, to = folder / name;
        if (!fs::exists(from, error) || fs::exists(to, error))
            continue;
        fs::create_hard_link(from, to, error);
        if (error && !fs::copy_file(from, to, error))
            return fail(systemError(error.value(), to, "could not be written"));
    }
    const auto text = readFile(pack.folder() / "index.json");
    if (!text)
        return fail(text.error());
    json index = parsed(*text);
    index["label"] = planted.label;
    index.erase("votes");
    index.erase("votes_xxh128");
    return writeFileAtomically(folder / "index.json", index.dump());
}

json reportOf(const std::vector<ScoreTrial> &trials, const std::vector<std::string> &classes)
{
    json auroc = json::object(), precision = json::object(), scores = json::array();
    for (const ScoreTrial &trial : trials) {
        auroc[trial.name] = trial.auroc;
        precision[trial.name] = trial.precision;
        json byClass = json::object();
        for (std::size_t c = 0; c < classes.size(); ++c)
            if (!std::isnan(trial.aurocOfClass[c]))
                byClass[classes[c]] = trial.aurocOfClass[c];
        scores.push_back({{"name", trial.name},
                          {"method", flagMethodName(trial.method)},
                          {"auroc", trial.auroc},
                          {"auroc_low", trial.aurocLow},
                          {"auroc_high", trial.aurocHigh},
                          {"precision", trial.precision},
                          {"precision_low", trial.precisionLow},
                          {"precision_high", trial.precisionHigh},
                          {"by_class", byClass},
                          {"found", trial.found}});
    }
    return {{"auroc", auroc}, {"precision_at", precision}, {"scores", scores}, {"reviewed", trialReviews}};
}

Result<RunRow> testableRun(const Project &project, const SelfTestRequest &request)
{
    const auto run = finishedRun(project, request.run);
    if (!run)
        return fail(run.error());
    if (!learnedLabels(*run))
        return fail(ErrorCode::Conflict, "Run " + run->id +
                                             " was pre-trained without labels: it flags nothing, so "
                                             "there is nothing to test.");
    if (!(request.rate >= leastRate && request.rate <= mostRate))
        return fail(ErrorCode::Invalid, "The rate must be from 0.01 to 0.5: a share of the labels that is flipped.");
    return *run;
}

} // namespace

Result<json> selfTest(Project &project, Compute &compute, const SelfTestRequest &request, const EventSink &events,
                      const Job &job)
{
    const auto run = testableRun(project, request);
    if (!run)
        return fail(run.error());
    const json configuration = parsed(run->configJson);
    const fs::path runFolder = project.folder() / "runs" / run->id;
    const json set = settingsFor(*run, request);
    const auto made = makePack(project,
                               {.snapshot = run->snapshot,
                                .space = configuration.value("space", ""),
                                .sidePx = configuration.value("pack", json::object()).value("side", 48)},
                               job);
    if (!made)
        return fail(made.error());
    const auto pack = TrainingPack::open(made->folder);
    if (!pack)
        return fail(pack.error());
    const Places places = placesOf(project, *run, request, set, pack->pixelHash());
    if (const auto before = readFile(places.result); before) {
        json known = parsed(*before);
        known["reused"] = true;
        return known;
    }
    const auto members = membersOf(runFolder, *pack);
    if (!members)
        return fail(members.error());
    const auto count = std::count(members->begin(), members->end(), 1);
    if (count < leastSamples)
        return fail(ErrorCode::Invalid, "Run " + run->id + " was trained on " + std::to_string(count) +
                                            " labelled samples; a self-test needs " + std::to_string(leastSamples) +
                                            " or more to say anything.");
    const auto confusions = confusionsOf(runFolder, *pack);
    if (!confusions)
        return fail(confusions.error());
    const PlantedLabels planted = plantWrongLabels(pack->samples(), pack->labels(), *members, request.rate,
                                                   request.shape, *confusions, request.seed);
    if (const auto written = writePack(*pack, planted, places.pack()); !written)
        return fail(written.error());

    const std::int64_t folds = run->folds > 1 ? run->folds : foldsOfOne;
    json config = {{"pack", places.pack().string()},
                   {"out", places.run().string()},
                   {"run", run->id + "-selftest"},
                   {"network", run->network},
                   {"recipe", run->recipe},
                   {"set", set},
                   {"folds", folds},
                   {"seed", run->seed},
                   {"device", request.device}};
    if (run->folds > 1) // what belongs together stays together
        config["assignment"] = (runFolder / "folds.safetensors").string();
    const auto trained = runStoppable(compute, "train", config, events, job);
    if (!trained)
        return fail(trained.error());
    const json scoring = {{"run_folder", places.run().string()},
                          {"pack", places.pack().string()},
                          {"out", places.scores().string()},
                          {"device", request.device}};
    if (const auto scored = runStoppable(compute, "score", scoring, events, job); !scored)
        return fail(scored.error());
    const auto inputs = readRunScores(places.scores());
    if (!inputs)
        return fail(inputs.error());
    FlagOptions options{.reasons = false};
    options.suspicion.seed = request.seed;
    const auto report = computeFlags(*inputs, options, job);
    if (!report)
        return fail(report.error());

    json result = reportOf(tryScores(*report, int(pack->classes().size()), planted.planted, *members), pack->classes());
    result.update({{"run", run->id},
                   {"rate", request.rate},
                   {"shape", flipShapeName(request.shape)},
                   {"seed", request.seed},
                   {"flipped", planted.count},
                   {"k", planted.count},
                   {"samples", count},
                   {"folds", folds},
                   {"accuracy", trained->value("metrics", json::object()).value("accuracy", 0.0)},
                   {"best", result["scores"][0]["name"]},
                   {"method", result["scores"][0]["method"]},
                   {"at_ms", nowMs()}});
    if (const auto kept = writeFileAtomically(places.result, result.dump(1)); !kept)
        return fail(kept.error());
    std::error_code error;
    fs::remove_all(places.folder, error); // thrown away; what stays by an error is found again and used
    result["reused"] = false;
    return result;
}

} // namespace mien
