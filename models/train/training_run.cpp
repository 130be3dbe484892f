#include "models/train/training_run.h"

#include "models/base/fingerprint.h"
#include "models/train/face_scorer.h"
#include "models/train/fold_trainer.h"
#include "models/train/initial_weights.h"
#include "models/train/run_folds.h"
#include "models/train/vote_targets.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

namespace mien {

namespace {

constexpr std::size_t kScoringBatch = 256;

/// What of a pack a run depends on besides pixels and labels.
struct DataUse
{
    bool landmarks = false, votes = false;
};

std::string dataHash(const TrainingPack &pack, const DataUse &use)
{
    Fingerprint fingerprint;
    fingerprint.add(pack.pixelHash()).add(pack.samples()).add(pack.labels()).add(pack.groups());
    for (const auto &name : pack.classes())
        fingerprint.add(name);
    for (const int split : pack.splits())
        fingerprint.add(std::to_string(split));
    if (use.landmarks)
        fingerprint.add("landmarks").add(pack.landmarkHash());
    if (use.votes)
        fingerprint.add("votes").add(pack.voteHash());
    return fingerprint.hex();
}

/// Probabilities that one fold's network gives to the rows it has to judge.
struct FoldPredictions
{
    std::vector<std::int64_t> rows;
    std::vector<float> probabilities;
};

class Run
{
public:
    Run(TrainConfig config, TrainingPack pack, const EventSink &events, const Job &job)
        : m_config(std::move(config))
        , m_pack(std::move(pack))
        , m_events(events)
        , m_job(job)
    {
    }

    Result<nlohmann::json> execute(int threads);

private:
    Result<> begin(int threads);
    Result<> takeVotes();
    std::int64_t votedMembers() const;
    Result<> recallMode(const std::filesystem::path &path);
    Result<FoldPredictions> predictions(int k, ProgressMeter &progress) const;
    std::vector<std::int64_t> judgedRows(int k) const;
    Result<> writePredictions(const std::vector<FoldPredictions> &folds);
    nlohmann::json result(std::int64_t images, double trainingSeconds, int resumedEpoch, int resumedFold) const;

    TrainConfig m_config;
    TrainingPack m_pack;
    const EventSink &m_events;
    const Job &m_job;
    RunFolds m_folds;
    std::string m_identity;
    std::optional<ComputeMode> m_mode;
    std::optional<VoteTargets> m_targets;
    int m_epochs = 0;                   ///< Most that a fold was trained.
    nlohmann::json m_initial;           ///< See FoldOutcome.
    std::vector<float> m_probabilities; // of all rows
    std::vector<std::uint8_t> m_heldOut;
};

/// The mode of a run that this one repeats, where it fits: another device computes as it can.
std::optional<ComputeMode> repeatedMode(const TrainConfig &config, torch::Device device)
{
    if (config.modeOf.empty())
        return std::nullopt;
    std::ifstream file(config.modeOf);
    const auto stored = nlohmann::json::parse(file, nullptr, false);
    const auto mode =
        ComputeMode::fromJson(stored.is_object() ? stored.value("mode", nlohmann::json::object()) : stored);
    const auto wanted = [&](bool lowPrecision) {
        return config.precision == Precision::Auto || (config.precision == Precision::Bf16) == lowPrecision;
    };
    return mode && mode->device == device && wanted(mode->lowPrecision) ? std::optional(*mode) : std::nullopt;
}

/// A run that was begun before goes on with the precision it began with: a new measurement could differ.
Result<> Run::recallMode(const std::filesystem::path &path)
{
    std::ifstream file(path);
    const auto stored = nlohmann::json::parse(file, nullptr, false);
    if (!stored.is_object())
        return fail(ErrorCode::Unreadable,
                    path.string() + " cannot be read; remove the run's folder or choose another");
    if (stored.value("identity", std::string()) != m_identity)
        return fail(ErrorCode::Conflict,
                    m_config.out.string() +
                        " holds a run with other settings or other data; choose another folder for this one");
    const auto mode = ComputeMode::fromJson(stored.value("mode", nlohmann::json::object()));
    if (!mode)
        return fail(mode.error().code, path.string() + ": " + mode.error().message);
    m_mode = *mode;
    return {};
}

std::int64_t Run::votedMembers() const
{
    std::int64_t voted = 0;
    for (std::size_t row = 0; row < m_pack.count(); ++row)
        voted += m_folds.fold[row] >= 0 && m_targets->isVoted[row];
    return voted;
}

Result<> Run::takeVotes()
{
    if (m_config.targets != Targets::Votes)
        return {};
    m_targets = voteTargets(m_pack, m_folds.labels);
    if (votedMembers() == 0)
        return fail(ErrorCode::Invalid, "--set targets=votes learns from annotators' votes, and no sample that is "
                                        "trained on has any that say what it shows: import votes, or leave targets "
                                        "out.");
    return {};
}

Result<> Run::begin(int threads)
{
    if (const auto followed = followInitialWeights(m_config); !followed)
        return followed;
    const auto network = networkFor(m_config, m_pack);
    if (!network)
        return fail(network.error());
    auto folds = dealRun(m_config, m_pack);
    if (!folds)
        return fail(folds.error());
    m_folds = std::move(*folds);
    m_config.fitToSize(std::int64_t(m_folds.trainedRows(0).size()));
    if (const auto taken = takeVotes(); !taken)
        return taken;
    const auto described = describeNetwork(*network);
    if (!described)
        return fail(described.error());
    const std::string data = dataHash(m_pack, {described->at("landmarks").get<bool>(), m_targets.has_value()});
    m_identity = Fingerprint().add(m_config.identity()).add(data).add(m_folds.hash()).hex();

    std::error_code failure;
    std::filesystem::create_directories(m_config.out, failure);
    if (failure)
        return fail(ErrorCode::Unreadable, m_config.out.string() + " cannot be made (" + failure.message() + ")");
    const auto configPath = m_config.out / "config.json";
    if (std::filesystem::exists(configPath)) {
        if (const auto recalled = recallMode(configPath); !recalled)
            return recalled;
        at::set_num_threads(m_mode->threads);
    } else {
        const auto device = deviceNamed(m_config.device);
        if (!device)
            return fail(device.error());
        m_mode = repeatedMode(m_config, *device);
        if (m_mode) {
            at::set_num_threads(m_mode->threads);
        } else {
            const auto mode =
                chosenMode(*device, threads, m_config.precision, probeStep(m_config, *network), m_job.stop);
            if (!mode)
                return fail(mode.error());
            m_mode = *mode;
        }
        auto stored = m_config.toJson();
        stored["identity"] = m_identity;
        stored["mode"] = m_mode->toJson();
        stored["classes"] = m_pack.classes();
        stored["data_hash"] = data;
        stored["version"] = MIEN_VERSION;
        stored["torch"] = TORCH_VERSION;
        if (const auto written = writeTextFile(configPath, stored.dump(2) + "\n"); !written)
            return written;
    }
    return m_folds.write(m_config.out / "folds.safetensors");
}

std::vector<std::int64_t> Run::judgedRows(int k) const
{
    std::vector<std::int64_t> rows;
    for (std::size_t row = 0; row < m_folds.samples.size(); ++row)
        if (m_folds.fold[row] == k || m_folds.fold[row] < 0)
            rows.push_back(std::int64_t(row));
    return rows;
}

/// Judges what fold k's network has to judge, or reads what an earlier start had judged with the same weights.
Result<FoldPredictions> Run::predictions(int k, ProgressMeter &progress) const
{
    const auto folder = foldFolder(m_config.out, m_config.folds, k);
    const auto trained = TrainedNetwork::load(folder / "checkpoint.safetensors");
    if (!trained)
        return fail(trained.error());
    FoldPredictions result;
    result.rows = judgedRows(k);
    const auto classes = m_pack.classes().size();
    const auto keptPath = folder / "judged.safetensors";
    if (std::filesystem::exists(keptPath)) {
        const auto kept = SafetensorsFile::open(keptPath);
        if (kept && kept->metadata().contains("model_hash") && kept->metadata().at("model_hash") == trained->hash) {
            const auto rows = kept->values<std::int64_t>("row");
            auto probabilities = kept->values<float>("probabilities");
            if (rows && probabilities && *rows == result.rows &&
                probabilities->size() == result.rows.size() * classes) {
                result.probabilities = std::move(*probabilities);
                progress.skip(std::int64_t((result.rows.size() + kScoringBatch - 1) / kScoringBatch));
                return result;
            }
        }
    }
    FaceScorer scorer(trained->network, InputTransform(trained->info.preprocessing, m_pack.channels(), m_pack.side()),
                      m_mode->device);
    result.probabilities.reserve(result.rows.size() * classes);
    for (std::size_t first = 0; first < result.rows.size(); first += kScoringBatch) {
        if (m_job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Training was stopped.");
        const auto part = std::span(result.rows).subspan(first, std::min(kScoringBatch, result.rows.size() - first));
        const auto values = bothViewsProbabilities(scorer, scorer.inputs(m_pack, part)).contiguous();
        result.probabilities.insert(result.probabilities.end(), values.data_ptr<float>(),
                                    values.data_ptr<float>() + values.numel());
        progress.advance(1, std::int64_t(part.size()));
    }
    SafetensorsWriter writer;
    writer.add<std::int64_t>("row", {std::int64_t(result.rows.size())}, std::span<const std::int64_t>(result.rows));
    writer.add<float>("probabilities", {std::int64_t(result.rows.size()), std::int64_t(classes)},
                      std::span<const float>(result.probabilities));
    writer.setMetadata("model_hash", trained->hash);
    if (const auto written = writer.write(keptPath); !written)
        return fail(written.error());
    return result;
}

Result<> Run::writePredictions(const std::vector<FoldPredictions> &folds)
{
    const std::size_t classes = m_pack.classes().size();
    const auto count = std::int64_t(m_pack.count());
    std::vector<double> sum(m_pack.count() * classes, 0.0);
    for (const auto &fold : folds)
        for (std::size_t i = 0; i < fold.rows.size(); ++i)
            for (std::size_t j = 0; j < classes; ++j)
                sum[std::size_t(fold.rows[i]) * classes + j] += fold.probabilities[i * classes + j];
    m_probabilities.resize(sum.size());
    m_heldOut.assign(m_pack.count(), 1);
    for (std::size_t row = 0; row < m_pack.count(); ++row) {
        const double judges = m_folds.fold[row] < 0 ? double(folds.size()) : 1;
        for (std::size_t j = 0; j < classes; ++j)
            m_probabilities[row * classes + j] = float(sum[row * classes + j] / judges);
        m_heldOut[row] = !(m_config.folds == 1 && m_folds.trainedOn(0, row));
    }
    SafetensorsWriter writer;
    writer.add<std::int64_t>("sample", {count}, std::span<const std::int64_t>(m_folds.samples));
    writer.add<std::int64_t>("label", {count}, std::span<const std::int64_t>(m_folds.labels));
    writer.add<std::int64_t>("fold", {count}, std::span<const std::int64_t>(m_folds.fold));
    writer.add<std::uint8_t>("held_out", {count}, std::span<const std::uint8_t>(m_heldOut));
    writer.add<float>("probabilities", {count, std::int64_t(classes)}, std::span<const float>(m_probabilities));
    writer.setMetadata("classes", nlohmann::json(m_pack.classes()).dump());
    writer.setMetadata("run", m_config.run);
    return writer.write(m_config.out / "predictions.safetensors");
}

nlohmann::json Run::result(std::int64_t images, double trainingSeconds, int resumedEpoch, int resumedFold) const
{
    // Only what no network had seen counts: out of fold, or the validation slice, or else labelled samples outside.
    std::vector<std::int64_t> labels(m_folds.labels);
    const char *source = m_config.folds > 1 ? "out_of_fold" : "validation";
    const bool sliced = m_config.folds == 1 && !m_folds.validationRows(0).empty();
    if (m_config.folds == 1 && !sliced)
        source = "outside";
    for (std::size_t row = 0; row < labels.size(); ++row) {
        const bool inside = m_folds.fold[row] >= 0;
        if (!m_heldOut[row] || inside != (m_config.folds > 1 || sliced))
            labels[row] = -1;
    }
    const auto agreement = agreementOf(m_probabilities, labels, int(m_pack.classes().size()));
    nlohmann::json metrics = nlohmann::json::object();
    if (agreement.count > 0 && m_config.learnsLabels())
        metrics = {{"accuracy", agreement.accuracy},
                   {"macro_f1", agreement.macroF1},
                   {"balanced_accuracy", agreement.balancedAccuracy},
                   {"nll", agreement.negativeLogLikelihood},
                   {"ece", agreement.calibrationError},
                   {"samples", agreement.count},
                   {"of", source}};
    const auto members = m_folds.samples.size() - m_folds.outsideRows().size();
    nlohmann::json fields = {{"run", m_config.run},
                             {"metrics", metrics},
                             {"images_per_s", trainingSeconds > 0 ? double(images) / trainingSeconds : 0.0},
                             {"precision", m_mode->precisionName()},
                             {"memory_format", m_mode->memoryFormatName()},
                             {"device", m_mode->device.str()},
                             {"threads", m_mode->threads},
                             {"resumed_epoch", resumedEpoch},
                             {"resumed_fold", resumedFold},
                             {"folds", m_config.folds},
                             {"epochs", m_epochs},
                             {"samples", members},
                             {"training_s", trainingSeconds}};
    if (m_targets)
        fields["voted"] = votedMembers();
    if (!m_initial.is_null())
        fields["match"] = m_initial;
    return fields;
}

Result<nlohmann::json> Run::execute(int threads)
{
    if (const auto begun = begin(threads); !begun)
        return fail(begun.error());
    auto log = RunLog::open(m_config.out, m_config.run, m_events);
    if (!log)
        return fail(log.error());

    std::vector<FoldPlan> plans;
    std::int64_t total = 0;
    for (int k = 0; k < m_config.folds; ++k) {
        FoldPlan plan{.fold = k,
                      .training = m_folds.trainedRows(k),
                      .watched = m_folds.validationRows(k),
                      .folder = foldFolder(m_config.out, m_config.folds, k)};
        plan.watchedMaySteer = !plan.watched.empty();
        if (plan.watched.empty())
            plan.watched = m_folds.heldOutRows(k);
        total += std::int64_t((judgedRows(k).size() + kScoringBatch - 1) / kScoringBatch);
        plans.push_back(std::move(plan));
    }
    const EpochSource data = epochSource(m_config, m_pack, m_folds.labels);
    for (const FoldPlan &plan : plans)
        total += stepsPerEpoch(plan, data, m_config) * m_config.epochs;
    ProgressMeter progress(m_events, "train", "step", total);
    if (m_config.networkOptions.contains("input") && !m_config.isChosen("input"))
        log->line("input: " + m_config.networkOptions["input"].get<std::string>() +
                  ", as the weights expect that it starts from");
    if (m_targets)
        log->line("targets: the votes of " + std::to_string(votedMembers()) + " samples, the labels of the others");
    const FoldContext context{
        m_config,       m_pack,
        m_folds.labels, m_targets ? std::span<const float>(m_targets->distributions) : std::span<const float>(),
        *m_mode,        m_identity,
        *log,           progress,
        m_job};
    std::int64_t images = 0;
    double seconds = 0;
    int resumedFold = -1;
    int resumedEpoch = 0;
    std::vector<FoldPredictions> judged;
    for (const FoldPlan &plan : plans) {
        const auto outcome = trainFold(plan, context);
        if (!outcome)
            return fail(outcome.error());
        images += outcome->imagesTrained;
        m_epochs = std::max(m_epochs, outcome->epochs);
        if (plan.fold == 0)
            m_initial = outcome->initial;
        seconds += outcome->seconds;
        if (resumedFold < 0 && outcome->resumedEpoch < m_config.epochs) {
            resumedFold = plan.fold;
            resumedEpoch = outcome->resumedEpoch;
        }
        auto fold = predictions(plan.fold, progress);
        if (!fold)
            return fail(fold.error());
        judged.push_back(std::move(*fold));
    }
    if (resumedFold < 0) { // everything was trained before
        resumedFold = m_config.folds - 1;
        resumedEpoch = m_config.epochs;
    }
    if (const auto written = writePredictions(judged); !written)
        return fail(written.error());
    progress.finish();
    log->line("done");
    return result(images, seconds, resumedEpoch, resumedFold);
}

} // namespace

std::filesystem::path foldFolder(const std::filesystem::path &run, int folds, int k)
{
    return folds == 1 ? run : run / ("fold" + std::to_string(k));
}

Result<nlohmann::json> trainRun(const nlohmann::json &config, const EventSink &events, const Job &job)
{
    auto parsed = TrainConfig::fromJson(config);
    if (!parsed)
        return fail(parsed.error());
    auto pack = TrainingPack::open(parsed->pack);
    if (!pack)
        return fail(pack.error());
    const int threads = setThreads(config.value("threads", 0));
    keepFreedMemory();
    return Run(std::move(*parsed), std::move(*pack), events, job).execute(threads);
}

} // namespace mien
