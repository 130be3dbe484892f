#include "models/score/run_scores.h"

#include "models/base/fingerprint.h"
#include "models/io/safetensors.h"
#include "models/io/torch_tensors.h"
#include "models/losses/arbex.h"
#include "models/losses/eac.h"
#include "models/score/arbex_head.h"
#include "models/score/attention_regions.h"
#include "models/score/erasing_draws.h"
#include "models/train/checkpoint.h"
#include "models/train/compute_mode.h"
#include "models/train/face_scorer.h"
#include "models/train/run_folds.h"
#include "models/train/run_log.h"
#include "models/train/training_run.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mien {

namespace {

constexpr const char *kVersion = "mien-scores/2"; // part of every cache key: raise it when a score changes meaning
constexpr std::int64_t kNeighbourBlock = 1024;
constexpr int kPreparedOnCpu = 64;         // samples at a time
constexpr std::int64_t kLeastForHead = 16; // training samples; below, a reliability head would be noise

struct ScoreConfig
{
    std::filesystem::path run;
    std::filesystem::path pack;
    std::filesystem::path out;
    int draws = 4;
    int neighbours = 10;
    int batch = 0; // on a GPU; 0: what suits it
    std::string device = "auto";

    static Result<ScoreConfig> fromJson(const nlohmann::json &json);
};

Result<ScoreConfig> ScoreConfig::fromJson(const nlohmann::json &json)
{
    static const std::vector<std::string> known = {"run_folder", "pack",  "out",    "draws",
                                                   "neighbours", "batch", "device", "threads"};
    for (const auto &[key, value] : json.items())
        if (std::find(known.begin(), known.end(), key) == known.end())
            return fail(ErrorCode::Invalid,
                        "the configuration of score has an unknown key \"" + key +
                            "\"; possible are run_folder, pack, out, draws, neighbours, batch, device, threads");
    ScoreConfig config;
    config.run = json.at("run_folder").get<std::string>();
    config.pack = json.at("pack").get<std::string>();
    config.out = json.value("out", (config.run / "scores.safetensors").string());
    config.draws = json.value("draws", config.draws);
    config.neighbours = json.value("neighbours", config.neighbours);
    config.batch = json.value("batch", config.batch);
    config.device = json.value("device", config.device);
    if (config.draws < 0 || config.draws > 64 || config.neighbours < 1 || config.neighbours > 1000 ||
        config.batch < 0 || config.batch > 65'536)
        return fail(
            ErrorCode::Invalid,
            "score takes draws of 0 to 64, neighbours of 1 to 1000 and a batch of 0 (what suits the device) to 65536");
    return config;
}

/// The folds of a run, for the rows of a pack that may have gained or lost samples since.
RunFolds foldsForPack(const RunFolds &run, const TrainingPack &pack)
{
    std::unordered_map<std::int64_t, std::size_t> position;
    for (std::size_t i = 0; i < run.samples.size(); ++i)
        position[run.samples[i]] = i;
    RunFolds result;
    result.folds = run.folds;
    result.samples.assign(pack.samples().begin(), pack.samples().end());
    result.labels.assign(pack.count(), -1);
    result.fold.assign(pack.count(), -1);
    result.validation.assign(pack.count() * std::size_t(run.folds), 0);
    for (std::size_t row = 0; row < pack.count(); ++row) {
        const auto found = position.find(pack.samples()[row]);
        if (found == position.end())
            continue;
        result.labels[row] = run.labels[found->second];
        result.fold[row] = run.fold[found->second];
        for (int k = 0; k < run.folds; ++k)
            result.validation[std::size_t(k) * pack.count() + row] =
                run.validation[std::size_t(k) * run.samples.size() + found->second];
    }
    return result;
}

/// The nearest training samples of each query, nearest first, as positions in `trained`: I64 [queries, n], in a space
/// standardised by the training part.
torch::Tensor nearestTrained(const torch::Tensor &trained, const torch::Tensor &queries,
                             const std::vector<std::int64_t> &selfPosition, int neighbours)
{
    const auto mean = trained.mean(0);
    const auto deviation = trained.std(0, /*unbiased=*/false).clamp_min(1e-6);
    const auto space = ((trained - mean) / deviation).contiguous();
    const auto norms = space.square().sum(1);
    const auto number = std::min<std::int64_t>(neighbours, trained.size(0));
    auto all = torch::zeros({queries.size(0), number}, torch::kInt64);
    for (std::int64_t first = 0; first < queries.size(0); first += kNeighbourBlock) {
        const auto size = std::min(kNeighbourBlock, queries.size(0) - first);
        const auto block = (queries.narrow(0, first, size) - mean) / deviation;
        auto distances = norms.unsqueeze(0) - 2 * torch::mm(block, space.t()); // the query's own norm ranks nothing
        for (std::int64_t i = 0; i < size; ++i)                                // a sample is not its own neighbour
            if (const auto self = selfPosition[std::size_t(first + i)]; self >= 0)
                distances.index_put_({i, self}, std::numeric_limits<float>::infinity());
        all.narrow(0, first, size).copy_(std::get<1>(distances.topk(number, 1, /*largest=*/false)));
    }
    return all;
}

/// Shares of the classes among the nearest.
torch::Tensor classShares(const torch::Tensor &nearest, const torch::Tensor &labels, int classes)
{
    const auto given = labels.index_select(0, nearest.flatten()).view_as(nearest);
    auto shares = torch::zeros({nearest.size(0), classes});
    return shares.scatter_add_(1, given, torch::full(given.sizes(), 1.f / float(nearest.size(1))));
}

/// Element by element, in the order given: the sum of a sample does not depend on how many others stand beside it.
torch::Tensor meanOf(const std::vector<torch::Tensor> &tensors)
{
    auto sum = tensors.front().clone();
    for (std::size_t i = 1; i < tensors.size(); ++i)
        sum += tensors[i];
    return sum / double(tensors.size());
}

/// Column values that say who, not how much: they have no mean over the folds, the first fold that judged keeps its
/// own.
bool isIdentity(const std::string &column)
{
    return column == "arbex_nearest" || column == "neighbour_samples" || column == "arbex_near_anchors" ||
           column == "arbex_near_anchor_distances";
}

using Columns = std::map<std::string, torch::Tensor>; // by the names of scores.safetensors

class RunScoring
{
public:
    RunScoring(ScoreConfig config, TrainingPack pack, const EventSink &events, const Job &job)
        : m_config(std::move(config))
        , m_pack(std::move(pack))
        , m_events(events)
        , m_job(job)
    {
    }

    Result<nlohmann::json> execute();

private:
    struct Fold
    {
        std::vector<std::int64_t> judged; ///< Rows of the pack.
        std::vector<std::int64_t> trained;
        Columns columns;        ///< Of the judged rows.
        torch::Tensor inSample; ///< Of the trained rows.
    };

    Result<Fold> scoreFold(int k, ProgressMeter &progress);
    Result<> judge(FaceScorer &scorer, const CheckpointInfo &info, Fold &fold, torch::Tensor &pooled,
                   ProgressMeter &progress) const;
    int looksAt(const Network &network) const; ///< At each judged sample: its draws, or one without class maps.
    std::vector<std::int64_t> samplesOf(std::span<const std::int64_t> rows) const; ///< Ids.
    torch::Tensor regionShares(const torch::Tensor &maps, const torch::Tensor &probabilities,
                               std::span<const std::int64_t> rows) const;
    Result<torch::Tensor> lookAtTrained(FaceScorer &scorer, Fold &fold, ProgressMeter &progress) const;
    std::optional<Fold> recall(const std::filesystem::path &path, const std::string &key, Fold fold) const;
    Result<> keep(const std::filesystem::path &path, const std::string &key, const Fold &fold) const;
    Result<> write(const std::vector<Fold> &folds) const;
    Error stopped() const { return {ErrorCode::Cancelled, "Scoring was stopped."}; }

    ScoreConfig m_config;
    TrainingPack m_pack;
    const EventSink &m_events;
    const Job &m_job;
    RunFolds m_folds;
    torch::Device m_device = torch::kCPU;
    std::string m_run;
    std::string m_modelHash;
    std::string m_preprocessingHash;
    int m_reused = 0;
};

int RunScoring::looksAt(const Network &network) const
{
    return network.classifierWeight().defined() ? m_config.draws + 1 : 1;
}

std::vector<std::int64_t> RunScoring::samplesOf(std::span<const std::int64_t> rows) const
{
    std::vector<std::int64_t> samples;
    for (const std::int64_t row : rows)
        samples.push_back(m_pack.samples()[std::size_t(row)]);
    return samples;
}

/// attentionShares() of the most probable class of each row: [n, regions].
/// @param maps  [n, L, h, w]
torch::Tensor RunScoring::regionShares(const torch::Tensor &maps, const torch::Tensor &probabilities,
                                       std::span<const std::int64_t> rows) const
{
    const auto predicted = probabilities.argmax(1);
    auto all = torch::empty({std::int64_t(rows.size()), std::int64_t(faceRegionNames.size())});
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto map = maps[std::int64_t(i)][predicted[std::int64_t(i)].item<std::int64_t>()].contiguous();
        const auto row = std::size_t(rows[i]);
        const FaceRegions regions(scaled(m_pack.landmarks(row), 1.0 / m_pack.side()),
                                  scaled(m_pack.outline(row), 1.0 / m_pack.side()));
        const RegionShares shares = attentionShares({map.data_ptr<float>(), std::size_t(map.numel())}, int(map.size(0)),
                                                    int(map.size(1)), regions);
        std::copy(shares.begin(), shares.end(), all.data_ptr<float>() + i * shares.size());
    }
    return all;
}

Result<torch::Tensor> RunScoring::lookAtTrained(FaceScorer &scorer, Fold &fold, ProgressMeter &progress) const
{
    std::vector<torch::Tensor> probabilities, pooled;
    for (std::size_t first = 0; first < fold.trained.size(); first += std::size_t(m_config.batch)) {
        if (m_job.stop.stop_requested())
            return fail(stopped());
        const auto rows =
            std::span(fold.trained).subspan(first, std::min(std::size_t(m_config.batch), fold.trained.size() - first));
        const auto inputs = scorer.inputs(m_pack, rows);
        const auto size = inputs.images.size(0);
        const auto both = scorer.evaluate(joined({inputs, mirrored(inputs)}));
        probabilities.push_back(0.5 *
                                (both.probabilities.narrow(0, 0, size) + both.probabilities.narrow(0, size, size)));
        pooled.push_back(both.pooled.narrow(0, 0, size));
        progress.advance(std::int64_t(rows.size()));
    }
    fold.inSample = torch::cat(probabilities);
    return torch::cat(pooled);
}

Result<> RunScoring::judge(FaceScorer &scorer, const CheckpointInfo &info, Fold &fold, torch::Tensor &pooled,
                           ProgressMeter &progress) const
{
    const auto settings =
        info.settings.value("config", nlohmann::json::object()).value("set", nlohmann::json::object());
    const ErasingDraws draws(info.seed,
                             {1, settings.value("erasing_smallest", 0.02), settings.value("erasing_largest", 0.25)});
    std::map<std::string, std::vector<torch::Tensor>> parts;
    for (std::size_t first = 0; first < fold.judged.size(); first += std::size_t(m_config.batch)) {
        const auto rows =
            std::span(fold.judged).subspan(first, std::min(std::size_t(m_config.batch), fold.judged.size() - first));
        const auto samples = samplesOf(rows);
        const auto inputs = scorer.inputs(m_pack, rows);
        const auto size = inputs.images.size(0);
        std::vector<torch::Tensor> inconsistency, trust;
        for (int number = 0; number < looksAt(scorer.network()); ++number) {
            if (m_job.stop.stop_requested())
                return fail(stopped());
            const NetworkInput drawn(draws.draw(inputs.images, samples, number), inputs.landmarks);
            const auto both = scorer.evaluate(joined({drawn, mirrored(drawn)}), true);
            if (both.maps.defined()) {
                const auto scores = eacScores(both.maps.narrow(0, 0, size), both.maps.narrow(0, size, size),
                                              both.logits.narrow(0, 0, size), both.logits.narrow(0, size, size));
                inconsistency.push_back(scores.inconsistency);
                trust.push_back(scores.trust);
            }
            if (number == 0) {
                parts["probabilities"].push_back(
                    0.5 * (both.probabilities.narrow(0, 0, size) + both.probabilities.narrow(0, size, size)));
                parts["pooled"].push_back(both.pooled.narrow(0, 0, size));
                if (both.maps.defined())
                    parts["attention_regions"].push_back(
                        regionShares(both.maps.narrow(0, 0, size), parts["probabilities"].back(), rows));
            }
            progress.advance(size);
        }
        if (inconsistency.empty())
            continue;
        const auto mean = meanOf(inconsistency);
        for (auto &value : inconsistency)
            value = (value - mean).square();
        parts["eac_inconsistency"].push_back(mean);
        parts["eac_spread"].push_back(meanOf(inconsistency).sqrt());
        parts["eac_trust"].push_back(meanOf(trust));
    }
    for (auto &[name, tensors] : parts)
        fold.columns[name] = torch::cat(tensors);
    pooled = fold.columns["pooled"];
    fold.columns.erase("pooled");
    return {};
}

Result<RunScoring::Fold> RunScoring::scoreFold(int k, ProgressMeter &progress)
{
    const auto folder = foldFolder(m_config.run, m_folds.folds, k);
    auto trained = TrainedNetwork::load(folder / "checkpoint.safetensors");
    if (!trained)
        return fail(trained.error());
    if (!trained->info.finished)
        return fail(ErrorCode::Conflict,
                    (folder / "checkpoint.safetensors").string() +
                        " is not trained to its end; run the training again, it goes on where it stopped");
    if (trained->info.classes != m_pack.classes())
        return fail(ErrorCode::Conflict,
                    m_pack.folder().string() + " has other classes than the run; make its pack with the run's classes");
    m_run = trained->info.run;
    m_preprocessingHash = trained->info.preprocessing.hash();
    m_modelHash = Fingerprint().add(m_modelHash).add(trained->hash).hex();

    Fold fold;
    for (std::size_t row = 0; row < m_pack.count(); ++row) {
        if (m_folds.trainedOn(k, row))
            fold.trained.push_back(std::int64_t(row));
        if (m_folds.folds == 1 || m_folds.fold[row] == k || m_folds.fold[row] < 0)
            fold.judged.push_back(std::int64_t(row));
    }
    Fingerprint inputs;
    inputs.add(kVersion)
        .add(trained->hash)
        .add(trained->info.preprocessing.hash())
        .add(m_pack.pixelHash())
        .add(m_pack.samples())
        .add(fold.judged)
        .add(fold.trained)
        .add(std::to_string(m_config.draws) + "/" + std::to_string(m_config.neighbours));
    // Landmarks say where the regions of attention lie, and some networks look there.
    if (trained->network->usesLandmarks() || trained->network->classifierWeight().defined())
        inputs.add(m_pack.landmarkHash());
    if (trained->network->classifierWeight().defined() && !m_pack.outlineHash().empty())
        inputs.add("outlines").add(m_pack.outlineHash());
    const std::string key = inputs.hex();
    progress.skip(std::int64_t(fold.judged.size()) * (m_config.draws + 1 - looksAt(*trained->network)));
    const auto keptPath = folder / "scores.safetensors";
    if (auto kept = recall(keptPath, key, fold)) {
        ++m_reused;
        progress.skip(std::int64_t(fold.trained.size() + fold.judged.size() * std::size_t(looksAt(*trained->network))));
        return std::move(*kept);
    }

    FaceScorer scorer(trained->network, InputTransform(trained->info.preprocessing, m_pack.channels(), m_pack.side()),
                      m_device);
    const auto trainedFeatures = lookAtTrained(scorer, fold, progress);
    if (!trainedFeatures)
        return fail(trainedFeatures.error());
    torch::Tensor pooled;
    if (const auto judged = judge(scorer, trained->info, fold, pooled, progress); !judged)
        return fail(judged.error());

    std::vector<std::int64_t> given;
    std::unordered_map<std::int64_t, std::int64_t> positionOfRow;
    for (const std::int64_t row : fold.trained) {
        positionOfRow[row] = std::int64_t(given.size());
        given.push_back(m_folds.labels[std::size_t(row)]);
    }
    std::vector<std::int64_t> selfPosition;
    for (const std::int64_t row : fold.judged) {
        const auto found = positionOfRow.find(row);
        selfPosition.push_back(found == positionOfRow.end() ? -1 : found->second);
    }
    const auto labels = torch::tensor(given);
    const int classes = scorer.classes();
    const auto nearest = nearestTrained(*trainedFeatures, pooled, selfPosition, m_config.neighbours);
    fold.columns["neighbours"] = classShares(nearest, labels, classes);
    // As wide as was asked for, also where a fold has fewer samples: the folds stand in one table.
    auto who = torch::full({pooled.size(0), m_config.neighbours}, -1, torch::kInt64);
    who.narrow(1, 0, nearest.size(1))
        .copy_(torch::tensor(samplesOf(fold.trained)).index_select(0, nearest.flatten()).view_as(nearest));
    fold.columns["neighbour_samples"] = who;
    if (std::int64_t(given.size()) >= kLeastForHead) {
        const auto head =
            ArbexHead::train(*trainedFeatures, labels, classes, trained->info.seed + std::uint64_t(k), m_job);
        if (!head)
            return fail(head.error());
        const auto scores = head->score(pooled);
        fold.columns["arbex_final"] = scores.final;
        fold.columns["arbex_primary"] = scores.primary;
        fold.columns["arbex_anchor"] = scores.anchor;
        fold.columns["arbex_attentive"] = scores.attentive;
        fold.columns["arbex_confidence"] = scores.confidence;
        fold.columns["arbex_nearest"] = scores.nearest;
        fold.columns["arbex_nearest_distance"] = scores.nearestDistance;
        fold.columns["arbex_near_anchors"] = scores.nearAnchors;
        fold.columns["arbex_near_anchor_distances"] = scores.nearAnchorDistances;
        if (const auto written = head->write(folder / "arbex_head.safetensors", trained->hash); !written)
            return fail(written.error());
    }
    if (const auto kept = keep(keptPath, key, fold); !kept)
        return fail(kept.error());
    return fold;
}

std::optional<RunScoring::Fold> RunScoring::recall(const std::filesystem::path &path, const std::string &key,
                                                   Fold fold) const
{
    if (!std::filesystem::exists(path))
        return std::nullopt;
    const auto file = SafetensorsFile::open(path);
    if (!file || !file->metadata().contains("key") || file->metadata().at("key") != key)
        return std::nullopt; // of other inputs, or damaged: computed again
    for (const TensorView &tensor : file->tensors())
        (tensor.name == "in_sample" ? fold.inSample : fold.columns[tensor.name]) = toTorch(tensor);
    return fold;
}

Result<> RunScoring::keep(const std::filesystem::path &path, const std::string &key, const Fold &fold) const
{
    SafetensorsWriter writer;
    for (const auto &[name, values] : fold.columns)
        addTensor(writer, name, values);
    addTensor(writer, "in_sample", fold.inSample);
    writer.setMetadata("key", key);
    return writer.write(path);
}

Result<> RunScoring::write(const std::vector<Fold> &folds) const
{
    const auto count = std::int64_t(m_pack.count());
    Columns sums;
    auto judges = torch::zeros({count});
    for (const Fold &fold : folds) {
        const auto rows = torch::tensor(fold.judged);
        judges.index_add_(0, rows, torch::ones({std::int64_t(fold.judged.size())}));
        for (const auto &[name, values] : fold.columns) {
            auto shape = values.sizes().vec();
            shape[0] = count;
            auto &sum =
                sums.try_emplace(name, torch::full(shape, isIdentity(name) ? -1 : 0, values.options())).first->second;
            if (isIdentity(name))
                sum.index_copy_(
                    0, rows,
                    torch::where((judges.index_select(0, rows) > 1).unsqueeze(1), sum.index_select(0, rows), values));
            else
                sum.index_add_(0, rows, values);
        }
    }
    Columns means;
    for (const auto &[name, sum] : sums)
        means[name] = isIdentity(name) ? sum : sum / (sum.dim() == 2 ? judges.unsqueeze(1) : judges);
    if (const auto final = means.find("arbex_final"); final != means.end()) {
        // Of several judges: the confidence of their mean, not the mean of their confidences (models.md 4.9). Row by
        // row, so that its bits do not depend on how many others there are.
        auto &confidences = means.at("arbex_confidence");
        const auto numberOfJudges = judges.accessor<float, 1>();
        for (std::int64_t row = 0; row < count; ++row)
            if (numberOfJudges[row] > 1)
                confidences.narrow(0, row, 1).copy_(confidence(final->second.narrow(0, row, 1)).squeeze(1));
    }
    SafetensorsWriter writer;
    for (const auto &[name, values] : means)
        addTensor(writer, name, values);
    if (m_folds.folds > 1) {
        auto inSample = torch::zeros({count, std::int64_t(m_pack.classes().size())});
        auto networks = torch::zeros({count, 1});
        for (const Fold &fold : folds) {
            const auto rows = torch::tensor(fold.trained);
            inSample.index_add_(0, rows, fold.inSample);
            networks.index_add_(0, rows, torch::ones({std::int64_t(fold.trained.size()), 1}));
        }
        // Samples outside have no in-sample evidence: what the networks say from outside stands in.
        const auto &outside = means.at("probabilities");
        addTensor(writer, "in_sample", torch::where(networks > 0, inSample / networks.clamp_min(1), outside));
    }
    std::vector<std::uint8_t> heldOut(m_pack.count());
    for (std::size_t row = 0; row < heldOut.size(); ++row)
        heldOut[row] = !(m_folds.folds == 1 && m_folds.trainedOn(0, row));
    writer.add<std::int64_t>("sample", {count}, m_pack.samples());
    writer.add<std::int64_t>("label", {count}, m_pack.labels());
    writer.add<std::int64_t>("fold", {count}, std::span<const std::int64_t>(m_folds.fold));
    writer.add<std::uint8_t>("held_out", {count}, std::span<const std::uint8_t>(heldOut));
    writer.setMetadata("classes", nlohmann::json(m_pack.classes()).dump());
    writer.setMetadata("run", m_run);
    writer.setMetadata("model_hash", m_modelHash);
    writer.setMetadata("preprocessing_hash", m_preprocessingHash);
    writer.setMetadata("draws", std::to_string(m_config.draws));
    writer.setMetadata("neighbours", std::to_string(m_config.neighbours));
    return writer.write(m_config.out);
}

Result<nlohmann::json> RunScoring::execute()
{
    const auto device = deviceNamed(m_config.device);
    if (!device)
        return fail(device.error());
    m_device = *device;
    if (m_device.is_cpu())
        m_config.batch = kPreparedOnCpu; // the network takes its own blocks of them: nobody gains by another number
    else if (m_config.batch == 0)
        m_config.batch = 512;
    const auto run = RunFolds::read(m_config.run / "folds.safetensors");
    if (!run)
        return fail(run.error());
    m_folds = foldsForPack(*run, m_pack);
    std::int64_t total = 0;
    for (int k = 0; k < m_folds.folds; ++k)
        for (std::size_t row = 0; row < m_pack.count(); ++row) {
            total += m_folds.trainedOn(k, row);
            total += m_folds.folds == 1 || m_folds.fold[row] == k || m_folds.fold[row] < 0 ? m_config.draws + 1 : 0;
        }
    ProgressMeter progress(m_events, "score", "look", total);
    std::vector<Fold> folds;
    for (int k = 0; k < m_folds.folds; ++k) {
        auto fold = scoreFold(k, progress);
        if (!fold)
            return fail(fold.error());
        folds.push_back(std::move(*fold));
    }
    if (const auto written = write(folds); !written)
        return fail(written.error());
    progress.finish();
    return nlohmann::json{{"run", m_run},           {"scores", m_config.out.string()}, {"samples", m_pack.count()},
                          {"folds", m_folds.folds}, {"reused_folds", m_reused},        {"model_hash", m_modelHash}};
}

} // namespace

Result<nlohmann::json> scoreRun(const nlohmann::json &config, const EventSink &events, const Job &job)
{
    auto parsed = ScoreConfig::fromJson(config);
    if (!parsed)
        return fail(parsed.error());
    auto pack = TrainingPack::open(parsed->pack);
    if (!pack)
        return fail(pack.error());
    setThreads(config.value("threads", 0));
    keepFreedMemory();
    return RunScoring(std::move(*parsed), std::move(*pack), events, job).execute();
}

} // namespace mien
