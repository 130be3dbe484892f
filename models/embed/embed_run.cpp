#include "models/embed/embed_run.h"

#include "models/base/counter_random.h"
#include "models/base/fingerprint.h"
#include "models/embed/affinities.h"
#include "models/embed/feature_table.h"
#include "models/embed/map_scores.h"
#include "models/embed/neighbours.h"
#include "models/embed/principal_components.h"
#include "models/embed/tsne.h"
#include "models/io/npy.h"
#include "models/io/safetensors.h"
#include "models/score/metrics.h"
#include "models/train/compute_mode.h"
#include "models/train/run_log.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <numbers>
#include <optional>
#include <system_error>

namespace mien {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char *kVersion = "mien-map/1"; // part of every key: raise it when a layout changes
constexpr double kUsualPerplexity = 30;
constexpr double kStartDeviation = 1e-4; // of the first axis (Kobak and Berens 2019)
constexpr double kStartNoise = 1e-6;     // so that copies part, and seeds differ
constexpr std::int64_t kFewestRows = 6;  // that have neighbourhoods of a perplexity of 2
constexpr std::int64_t kFewRows = 4096;  // of fewer an iteration is over before threads have met
constexpr std::chrono::milliseconds kShowEvery(250);
constexpr std::chrono::seconds kKeepEvery(5);

struct EmbedConfig
{
    FeatureSource source;
    fs::path out, embedding, work, folder;
    bool isTsne = true;
    std::optional<double> perplexity;
    TsneSettings tsne;
    std::uint64_t seed = 0;
    std::string device = "auto";

    static Result<EmbedConfig> fromJson(const nlohmann::json &json);
};

Result<EmbedConfig> EmbedConfig::fromJson(const nlohmann::json &json)
{
    static const std::vector<std::string> known = {"features",   "labels", "run_folder", "fold",          "pack",
                                                   "folder",     "out",    "work",       "method",        "perplexity",
                                                   "iterations", "seed",   "device",     "learning_rate", "threads"};
    for (const auto &[key, value] : json.items())
        if (std::find(known.begin(), known.end(), key) == known.end()) {
            std::string possible;
            for (const std::string &name : known)
                possible += (possible.empty() ? "" : ", ") + name;
            return fail(ErrorCode::Invalid,
                        "the configuration of embed has an unknown key \"" + key + "\"; possible are " + possible);
        }
    EmbedConfig config;
    config.source.features = json.value("features", std::string());
    config.source.labels = json.value("labels", std::string());
    config.source.runFolder = json.value("run_folder", std::string());
    config.source.pack = json.value("pack", std::string());
    config.source.fold = json.value("fold", 0);
    config.out = json.value("out", std::string());
    config.work = json.value("work", std::string());
    config.folder = json.value("folder", std::string());
    if (config.source.features.empty() == config.source.runFolder.empty())
        return fail(ErrorCode::Invalid, "embed takes either features or a run_folder with its pack");
    const std::string method = json.value("method", std::string("tsne"));
    if (method != "tsne" && method != "pca")
        return fail(ErrorCode::Invalid, "there is no method \"" + method + "\"; possible are tsne, pca");
    config.isTsne = method == "tsne";
    if (json.contains("perplexity"))
        config.perplexity = json["perplexity"].get<double>();
    config.tsne.iterations = json.value("iterations", config.tsne.iterations);
    config.tsne.learningRate = json.value("learning_rate", 0.0);
    config.seed = json.value("seed", std::uint64_t(0));
    config.device = json.value("device", config.device);
    if (config.perplexity && !(*config.perplexity >= 2 && *config.perplexity <= 10'000))
        return fail(ErrorCode::Invalid, "embed takes a perplexity of 2 to 10000");
    if (config.tsne.iterations < 1 || config.tsne.iterations > 100'000)
        return fail(ErrorCode::Invalid, "embed takes 1 to 100000 iterations");
    if (!(config.tsne.learningRate >= 0 && config.tsne.learningRate <= 1e9))
        return fail(ErrorCode::Invalid, "embed takes a learning_rate of 0 (chosen by the number of rows) to 1e9");
    return config;
}

/// One map, from features to scores.
class MapMaker
{
public:
    MapMaker(EmbedConfig config, const EventSink &events, const Job &job)
        : m_config(std::move(config))
        , m_events(events)
        , m_job(job)
    {
    }

    Result<nlohmann::json> make();
    /// After a failure: what was kept for the next start stays.
    void leaveNoEmptyFolder() const
    {
        std::error_code error;
        if (!m_config.work.empty())
            fs::remove(m_config.work, error); // not when it holds something
    }

private:
    Result<> choosePerplexity();
    std::string keyOf() const;
    std::optional<nlohmann::json> madeBefore() const;
    Result<Neighbours> neighbours();
    std::vector<float> start() const;
    Result<> layOut(Affinities affinities);
    Result<> show(const Tsne &tsne) const;
    Result<> keepState(const Tsne &tsne) const;
    Result<nlohmann::json> scores(const Affinities *affinities, const Neighbours &nearest);
    Result<> write(const nlohmann::json &result) const;
    Result<> writeTable(std::span<const float> layout) const;

    std::int64_t count() const { return std::int64_t(m_table.count()); }
    fs::path workFile(const char *name) const { return m_config.work / name; }
    /// A Job whose progress becomes events of rows.
    Result<> withProgress(const char *step, std::int64_t total, const std::function<Result<>(const Job &)> &work) const;

    EmbedConfig m_config;
    const EventSink &m_events;
    const Job &m_job;
    FeatureTable m_table;
    torch::Device m_device = torch::kCPU;
    double m_perplexity = kUsualPerplexity;
    std::string m_key;
    int m_resumedIteration = 0;
    std::vector<float> m_layout;     ///< [N, 2]
    std::vector<float> m_distortion; ///< [N]
};

Result<> MapMaker::choosePerplexity()
{
    const double most = double(count()) / 3;
    if (count() < kFewestRows && m_config.isTsne)
        return fail(ErrorCode::Invalid, m_table.name + " has " + std::to_string(count()) +
                                            (count() == 1 ? " row" : " rows") + "; a t-SNE map needs at least " +
                                            std::to_string(kFewestRows) + " (the method pca 2)");
    if (count() < 2)
        return fail(ErrorCode::Invalid, m_table.name + " has one row; a map needs at least 2");
    if (m_config.perplexity && *m_config.perplexity > most)
        return fail(ErrorCode::Invalid, "the perplexity is too high for the " + std::to_string(count()) + " rows of " +
                                            m_table.name + ": it may be at most a third of them, " +
                                            std::to_string(std::int64_t(most)));
    m_perplexity = m_config.perplexity.value_or(std::min(kUsualPerplexity, most));
    return {};
}

std::string MapMaker::keyOf() const
{
    const auto &settings = m_config.tsne;
    Fingerprint inputs;
    inputs.add(kVersion).add(m_table.hash).add(m_config.isTsne ? "tsne" : "pca").add(std::to_string(m_perplexity));
    inputs.add(m_device.is_cpu() ? "cpu" : "gpu");
    if (m_config.isTsne)
        inputs.add(std::to_string(settings.iterations) + "/" + std::to_string(settings.learningRate) + "/" +
                   std::to_string(m_config.seed));
    return inputs.hex();
}

std::optional<nlohmann::json> MapMaker::madeBefore() const
{
    std::error_code error;
    if (m_config.embedding.empty() || !fs::exists(m_config.embedding, error))
        return std::nullopt;
    const auto file = SafetensorsFile::open(m_config.embedding);
    if (!file || !file->metadata().contains("key") || file->metadata().at("key") != m_key ||
        !file->metadata().contains("result"))
        return std::nullopt; // damaged: made again
    auto result = nlohmann::json::parse(file->metadata().at("result"), nullptr, false);
    if (!result.is_object())
        return std::nullopt;
    return result;
}

Result<> MapMaker::withProgress(const char *step, std::int64_t total,
                                const std::function<Result<>(const Job &)> &work) const
{
    ProgressMeter meter(m_events, "embed", step, total);
    std::int64_t told = 0;
    const Job own{m_job.stop, [&](const Progress &progress) {
                      meter.advance(progress.done - told);
                      told = progress.done;
                  }};
    auto done = work(own);
    if (done)
        meter.finish();
    return done;
}

Result<Neighbours> MapMaker::neighbours()
{
    const auto width = int(std::min<std::int64_t>(count() - 1, std::int64_t(3 * m_perplexity)));
    const std::string key = Fingerprint().add(kVersion).add(m_table.hash).add(std::to_string(width)).hex();
    std::error_code error;
    if (!m_config.work.empty() && fs::exists(workFile("neighbours.safetensors"), error)) {
        const auto file = SafetensorsFile::open(workFile("neighbours.safetensors"));
        if (file && file->metadata().contains("key") && file->metadata().at("key") == key) {
            auto rows = file->values<std::int32_t>("rows");
            auto squared = file->values<float>("squared_distances");
            if (rows && squared && rows->size() == std::size_t(count() * width) && squared->size() == rows->size())
                return Neighbours{width, std::move(*rows), std::move(*squared)};
        }
    }
    Neighbours found;
    const auto searched = withProgress("row", count(), [&](const Job &own) -> Result<> {
        auto nearest = exactNeighbours(m_table.values, m_table.dimensions, width, {.device = m_device}, own);
        if (!nearest)
            return fail(nearest.error());
        found = std::move(*nearest);
        return {};
    });
    if (!searched)
        return fail(searched.error());
    if (!m_config.work.empty() && m_config.isTsne) {
        SafetensorsWriter writer;
        writer.add("rows", {count(), width}, std::span<const std::int32_t>(found.rows));
        writer.add("squared_distances", {count(), width}, std::span<const float>(found.squaredDistances));
        writer.setMetadata("key", key);
        if (const auto kept = writer.write(workFile("neighbours.safetensors")); !kept)
            return fail(kept.error());
    }
    return found;
}

/// The first two principal axes, so small that repulsion sees one place, and a breath of noise.
std::vector<float> MapMaker::start() const
{
    const auto axes = principalComponents(m_table.values, m_table.dimensions, 2);
    double square = 0;
    for (std::size_t i = 0; i < axes.size(); i += 2)
        square += axes[i] * axes[i];
    const double scale = kStartDeviation / std::sqrt(square / double(count()));
    std::vector<float> layout(axes.size());
    for (std::size_t i = 0; i < axes.size(); i += 2) {
        CounterRandom random(m_config.seed, 0, std::uint64_t(i / 2), 0);
        const double radius = kStartNoise * std::sqrt(-2 * std::log(1 - random.uniform())); // Box and Muller
        const double angle = 2 * std::numbers::pi * random.uniform();
        layout[i] = float(axes[i] * scale + radius * std::cos(angle));
        layout[i + 1] = float(axes[i + 1] * scale + radius * std::sin(angle));
    }
    return layout;
}

/// What a window that watches may draw.
Result<> MapMaker::show(const Tsne &tsne) const
{
    SafetensorsWriter writer;
    writer.add("layout", {count(), 2}, tsne.layout());
    writer.add("sample", {count()}, std::span<const std::int64_t>(m_table.samples));
    writer.setMetadata("iteration", std::to_string(tsne.iteration()));
    if (const auto written = writer.write(workFile("layout.safetensors")); !written)
        return written;
    m_events({{"event", "layout"},
              {"job", "embed"},
              {"path", workFile("layout.safetensors").string()},
              {"iteration", tsne.iteration()},
              {"iterations", m_config.tsne.iterations}});
    return {};
}

Result<> MapMaker::keepState(const Tsne &tsne) const
{
    SafetensorsWriter writer;
    tsne.save(writer);
    writer.setMetadata("key", m_key);
    return writer.write(workFile("state.safetensors"));
}

Result<> MapMaker::layOut(Affinities affinities)
{
    Tsne tsne(std::move(affinities), m_config.tsne, start());
    std::error_code error;
    if (!m_config.work.empty() && fs::exists(workFile("state.safetensors"), error)) {
        // Of other inputs, or damaged: begun anew.
        const auto file = SafetensorsFile::open(workFile("state.safetensors"));
        if (file && file->metadata().contains("key") && file->metadata().at("key") == m_key && tsne.restore(*file))
            m_resumedIteration = tsne.iteration();
    }
    std::optional<OneThreadScope> alone;
    if (count() < kFewRows)
        alone.emplace();
    ProgressMeter meter(m_events, "embed", "iteration", m_config.tsne.iterations);
    meter.skip(tsne.iteration());
    auto shown = Clock::now(), kept = shown;
    while (!tsne.isFinished()) {
        if (m_job.stop.stop_requested()) {
            if (!m_config.work.empty())
                if (const auto written = keepState(tsne); !written)
                    return written;
            return fail(ErrorCode::Cancelled, "The map was stopped; the same command goes on where it was.");
        }
        tsne.step();
        meter.advance(1);
        if (m_config.work.empty())
            continue;
        const auto now = Clock::now();
        if (now - shown >= kShowEvery) {
            if (const auto written = show(tsne); !written)
                return written;
            shown = now;
        }
        if (now - kept >= kKeepEvery) {
            if (const auto written = keepState(tsne); !written)
                return written;
            kept = now;
        }
    }
    meter.finish();
    m_layout.assign(tsne.layout().begin(), tsne.layout().end());
    return {};
}

Result<nlohmann::json> MapMaker::scores(const Affinities *affinities, const Neighbours &nearest)
{
    nlohmann::json result = {{"kl", nullptr},
                             {"trustworthiness", nullptr},
                             {"continuity", nullptr},
                             {"davies_bouldin", nullptr},
                             {"calinski_harabasz", nullptr}};
    if (affinities)
        result["kl"] = klDivergence(*affinities, m_layout);
    if (count() >= 4) {
        const auto compared =
            withProgress("row", std::min<std::int64_t>(count(), 4096), [&](const Job &own) -> Result<> {
                auto faithfulness = mapFaithfulness(m_table.values, m_table.dimensions, m_layout, nearest, own);
                if (!faithfulness)
                    return fail(faithfulness.error());
                result["trustworthiness"] = faithfulness->trustworthiness;
                result["continuity"] = faithfulness->continuity;
                result["neighbours"] = faithfulness->neighbours;
                m_distortion = std::move(faithfulness->distortion);
                return {};
            });
        if (!compared)
            return fail(compared.error());
    } else {
        m_distortion.assign(std::size_t(count()), 0.0f);
    }
    if (m_table.labels.empty())
        return result;
    // In the features, not in the map (models.md 9), and of what has a label.
    const ClusterRows clusters = labelledRows(m_table);
    if (clusters.classes < 2) {
        m_events({{"event", "warning"},
                  {"code", "ONE_CLASS"},
                  {"path", m_table.name},
                  {"message", "Fewer than two classes have samples, so how far classes lie apart cannot be said."}});
        return result;
    }
    result["davies_bouldin"] = daviesBouldin(clusters.points, m_table.dimensions, clusters.labels);
    result["calinski_harabasz"] = calinskiHarabasz(clusters.points, m_table.dimensions, clusters.labels);
    return result;
}

Result<> MapMaker::writeTable(std::span<const float> layout) const
{
    return m_config.out.empty() ? Result<>() : writeNpy(m_config.out, layout, {count(), 2});
}

Result<> MapMaker::write(const nlohmann::json &result) const
{
    if (const auto written = writeTable(m_layout); !written)
        return written;
    if (m_config.embedding.empty())
        return {};
    SafetensorsWriter writer;
    writer.add("layout", {count(), 2}, std::span<const float>(m_layout));
    writer.add("distortion", {count()}, std::span<const float>(m_distortion));
    writer.add("sample", {count()}, std::span<const std::int64_t>(m_table.samples));
    writer.add("label", {count()}, std::span<const std::int64_t>(m_table.labels));
    writer.add("trained", {count()}, std::span<const std::uint8_t>(m_table.trained));
    writer.setMetadata("key", m_key);
    writer.setMetadata("classes", nlohmann::json(m_table.classes).dump());
    writer.setMetadata("model_hash", m_table.modelHash);
    writer.setMetadata("preprocessing_hash", m_table.preprocessingHash);
    writer.setMetadata("result", result.dump());
    return writer.write(m_config.embedding);
}

Result<nlohmann::json> MapMaker::make()
{
    const auto begin = Clock::now();
    const auto device = deviceNamed(m_config.device);
    if (!device)
        return fail(device.error());
    m_device = *device;
    std::error_code error;
    if (const fs::path into = m_config.out.parent_path(); !into.empty() && !fs::is_directory(into, error))
        return fail(ErrorCode::NotFound,
                    "there is no folder " + into.string() + " to write " + m_config.out.filename().string() + " into");
    m_config.source.keep = m_config.folder.empty()
                               ? fs::path()
                               : m_config.folder / ("features" + std::to_string(m_config.source.fold) + ".safetensors");
    auto table = readFeatures(m_config.source, m_device, m_events, m_job);
    if (!table)
        return fail(table.error());
    m_table = std::move(*table);
    if (const auto chosen = choosePerplexity(); !chosen)
        return fail(chosen.error());
    if (const auto checked = checkFeatures(m_table); !checked)
        return fail(checked.error());
    m_key = keyOf();
    if (!m_config.folder.empty()) {
        m_config.embedding = m_config.folder / (m_key + ".safetensors");
        m_config.work = m_config.folder / (m_key + ".work");
        if (auto made = madeBefore()) {
            const auto file = SafetensorsFile::open(m_config.embedding);
            const auto layout = file ? file->values<float>("layout") : fail(file.error());
            if (!layout)
                return fail(layout.error());
            if (const auto written = writeTable(*layout); !written)
                return fail(written.error());
            fs::remove_all(m_config.work, error); // of a start that was killed once the map was whole
            (*made)["reused"] = true;
            (*made)["seconds"] = std::chrono::duration<double>(Clock::now() - begin).count();
            return std::move(*made);
        }
    }
    if (!m_config.work.empty() && !fs::create_directories(m_config.work, error) && error)
        return fail(ErrorCode::Unreadable, m_config.work.string() + " cannot be made (" + error.message() + ").");

    const auto nearest = neighbours();
    if (!nearest)
        return fail(nearest.error());
    std::optional<Affinities> affinities;
    if (count() >= kFewestRows) {
        auto made = affinitiesOf(*nearest, m_perplexity, m_job);
        if (!made)
            return fail(made.error());
        affinities = std::move(*made);
    }
    if (m_config.isTsne) {
        if (const auto laid = layOut(*affinities); !laid)
            return fail(laid.error());
    } else {
        for (const double value : principalComponents(m_table.values, m_table.dimensions, 2))
            m_layout.push_back(float(value));
    }
    auto result = scores(affinities ? &*affinities : nullptr, *nearest);
    if (!result)
        return result;
    (*result)["method"] = m_config.isTsne ? "tsne" : "pca";
    (*result)["samples"] = count();
    (*result)["dimensions"] = m_table.dimensions;
    (*result)["perplexity"] = m_perplexity;
    (*result)["iterations"] = m_config.isTsne ? m_config.tsne.iterations : 0;
    (*result)["seed"] = m_config.seed;
    (*result)["device"] = m_device.str();
    (*result)["resumed_iteration"] = m_resumedIteration;
    (*result)["embedding"] = (m_config.embedding.empty() ? m_config.out : m_config.embedding).string();
    if (!m_table.run.empty()) {
        (*result)["run"] = m_table.run;
        (*result)["fold"] = m_config.source.fold;
        (*result)["trained_samples"] = std::count(m_table.trained.begin(), m_table.trained.end(), 1);
    }
    (*result)["reused"] = false;
    (*result)["seconds"] = std::chrono::duration<double>(Clock::now() - begin).count();
    if (const auto written = write(*result); !written)
        return fail(written.error());
    if (!m_config.work.empty())
        fs::remove_all(m_config.work, error); // what is left of it is found and used by nobody
    return result;
}

} // namespace

Result<nlohmann::json> embedFeatures(const nlohmann::json &config, const EventSink &events, const Job &job)
{
    auto parsed = EmbedConfig::fromJson(config);
    if (!parsed)
        return fail(parsed.error());
    setThreads(config.value("threads", 0));
    keepFreedMemory();
    const EventSink sink = events ? events : [](const nlohmann::json &) {};
    MapMaker maker(std::move(*parsed), sink, job);
    auto result = maker.make();
    if (!result)
        maker.leaveNoEmptyFolder();
    return result;
}

} // namespace mien
