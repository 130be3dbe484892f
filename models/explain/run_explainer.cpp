#include "models/explain/run_explainer.h"

#include "models/explain/network_maps.h"
#include "models/io/npy.h"
#include "models/io/training_pack.h"
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
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>

namespace mien {

namespace {

constexpr int kMostDraws = 65;

std::vector<float> copied(const torch::Tensor &values)
{
    const auto flat = values.to(torch::kFloat32).cpu().contiguous();
    return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

class RunExplainer : public Explainer
{
public:
    RunExplainer(std::filesystem::path folder, int folds, torch::Device device)
        : m_folder(std::move(folder))
        , m_folds(folds)
        , m_device(device)
    {
    }

    Result<std::vector<Maps>> explain(const Face &face, int fold, int draws, std::string_view kind, int first) override;
    Result<std::vector<std::string>> kinds(std::size_t pixelBytes) override;

private:
    struct Warm
    {
        CheckpointInfo info;
        FaceScorer scorer;
        ErasingDraws draws;
    };
    Result<Warm *> network(int fold, std::size_t pixelBytes);

    std::filesystem::path m_folder;
    int m_folds;
    torch::Device m_device;
    std::map<int, Warm> m_warm;
};

Result<RunExplainer::Warm *> RunExplainer::network(int fold, std::size_t pixelBytes)
{
    const int k = std::clamp(fold, 0, m_folds - 1); // samples outside the run: any network is one that did not see them
    if (const auto found = m_warm.find(k); found != m_warm.end())
        return &found->second;
    const auto path = foldFolder(m_folder, m_folds, k) / "checkpoint.safetensors";
    auto trained = TrainedNetwork::load(path);
    if (!trained)
        return fail(trained.error());
    const auto source = trained->info.settings.value("source", nlohmann::json::object());
    const int channels = source.value("channels", 0);
    const int side = source.value("side", 0);
    if (channels < 1 || side < 1 || std::size_t(channels) * side * side != pixelBytes)
        return fail(ErrorCode::Invalid, "the crop has " + std::to_string(pixelBytes) + " bytes where " + path.string() +
                                            " was trained on " + std::to_string(channels) + " x " +
                                            std::to_string(side) + " x " + std::to_string(side));
    const auto settings =
        trained->info.settings.value("config", nlohmann::json::object()).value("set", nlohmann::json::object());
    const ErasingDraws draws(trained->info.seed,
                             {1, settings.value("erasing_smallest", 0.02), settings.value("erasing_largest", 0.25)});
    FaceScorer scorer(trained->network, InputTransform(trained->info.preprocessing, channels, side), m_device);
    return &m_warm.emplace(k, Warm{std::move(trained->info), std::move(scorer), draws}).first->second;
}

Result<std::vector<std::string>> RunExplainer::kinds(std::size_t pixelBytes)
{
    const auto warm = network(0, pixelBytes); // the networks of a run differ in what they learned alone
    if (!warm)
        return fail(warm.error());
    std::vector<std::string> names;
    for (const MapMethod method : mapMethods((*warm)->scorer.network()))
        names.push_back(nameOf(method));
    return names;
}

Result<std::vector<Explainer::Maps>> RunExplainer::explain(const Face &face, int fold, int draws, std::string_view kind,
                                                           int first)
{
    if (draws < 1 || first < 0 || first > kMostDraws - draws)
        return fail(ErrorCode::Invalid, "draws " + std::to_string(first) + " to " + std::to_string(first + draws - 1) +
                                            " are asked for; possible are 0 to " + std::to_string(kMostDraws - 1));
    try {
        const auto warm = network(fold, face.pixels.size());
        if (!warm)
            return fail(warm.error());
        FaceScorer &scorer = (*warm)->scorer;
        const auto method = mapMethodNamed(scorer.network(), kind);
        if (!method)
            return fail(method.error());
        const NetworkInput input = scorer.input(face.pixels, face.landmarks);
        const std::int64_t samples[] = {face.sample};
        std::vector<NetworkInput> views, mirrors;
        for (int number = 0; number < draws; ++number) {
            views.emplace_back((*warm)->draws.draw(input.images, samples, first + number), input.landmarks);
            mirrors.push_back(mirrored(views.back()));
        }
        views.insert(views.end(), mirrors.begin(), mirrors.end());
        const NetworkInput all = joined(views).with([&](const torch::Tensor &part) { return part.to(m_device); });
        const auto [seen, logits] = networkMaps(scorer.network(), all, *method);
        const auto probabilities = torch::softmax(logits, 1);
        std::vector<Maps> result;
        for (int number = 0; number < draws; ++number) {
            Maps maps;
            maps.kind = nameOf(*method);
            if (isOfParts(maps.kind))
                maps.parts = scorer.network().partMaps().names;
            maps.count = int(seen.size(1));
            maps.height = int(seen.size(2));
            maps.width = int(seen.size(3));
            maps.view = copied(seen[number]);
            maps.mirrored = copied(seen[draws + number]);
            maps.erased = (*warm)->draws.erased(face.sample, first + number, int(input.images.size(3)));
            maps.probabilities = copied(0.5 * (probabilities[number] + probabilities[draws + number]));
            result.push_back(std::move(maps));
        }
        return result;
    } catch (const c10::Error &error) {
        const std::string what = error.what_without_backtrace();
        return fail(ErrorCode::Internal, "the attention of sample " + std::to_string(face.sample) +
                                             " cannot be computed (" + what.substr(0, what.find('\n')) + ")");
    }
}

Result<std::unique_ptr<RunExplainer>> open(const std::filesystem::path &runFolder, std::string_view deviceName)
{
    setThreads();
    keepFreedMemory();
    const auto device = deviceNamed(std::string(deviceName.empty() ? "auto" : deviceName));
    if (!device)
        return fail(device.error());
    const auto folds = RunFolds::read(runFolder / "folds.safetensors");
    if (!folds)
        return fail(folds.error());
    return std::make_unique<RunExplainer>(runFolder, folds->folds, *device);
}

/// Rows of the asked samples. Fails with NotFound, naming the first unknown one.
Result<std::vector<std::size_t>> rowsOf(const std::vector<std::int64_t> &samples, const TrainingPack &pack)
{
    std::unordered_map<std::int64_t, std::size_t> rowOf;
    for (std::size_t row = 0; row < pack.count(); ++row)
        rowOf[pack.samples()[row]] = row;
    std::vector<std::size_t> rows;
    for (const std::int64_t sample : samples) {
        const auto found = rowOf.find(sample);
        if (found == rowOf.end())
            return fail(ErrorCode::NotFound,
                        "there is no sample " + std::to_string(sample) + " in " + pack.folder().string());
        rows.push_back(found->second);
    }
    return rows;
}

} // namespace

Result<std::unique_ptr<Explainer>> openRunExplainer(const std::filesystem::path &runFolder, std::string_view device)
{
    auto opened = open(runFolder, device);
    if (!opened)
        return fail(opened.error());
    return std::unique_ptr<Explainer>(std::move(*opened));
}

Result<nlohmann::json> explainSamples(const nlohmann::json &config, const EventSink &events, const Job &job)
{
    const std::filesystem::path runFolder = config.at("run_folder").get<std::string>();
    const std::filesystem::path out = config.at("out").get<std::string>();
    const auto samples = config.at("samples").get<std::vector<std::int64_t>>();
    const auto kind = config.value("kind", std::string("cam"));
    const int draws = 1 + config.value("draws", 4);
    const auto pack = TrainingPack::open(config.at("pack").get<std::string>());
    if (!pack)
        return fail(pack.error());
    const auto rows = rowsOf(samples, *pack);
    if (!rows)
        return fail(rows.error());
    const auto folds = RunFolds::read(runFolder / "folds.safetensors");
    if (!folds)
        return fail(folds.error());
    std::unordered_map<std::int64_t, std::int64_t> foldOf;
    for (std::size_t i = 0; i < folds->samples.size(); ++i)
        foldOf[folds->samples[i]] = folds->fold[i];
    auto explainer = open(runFolder, config.value("device", std::string("auto")));
    if (!explainer)
        return fail(explainer.error());

    std::error_code failure;
    std::filesystem::create_directories(out, failure);
    if (failure)
        return fail(ErrorCode::Unreadable, out.string() + " cannot be made (" + failure.message() + ")");
    ProgressMeter progress(events, "explain", "face", std::int64_t(samples.size()));
    auto files = nlohmann::json::array();
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Explaining was stopped.");
        const auto found = foldOf.find(samples[i]);
        const int fold = found == foldOf.end() ? -1 : int(found->second);
        const Explainer::Face face{samples[i], pack->pixels((*rows)[i]), pack->landmarks((*rows)[i])};
        const bool flip = kind == "flip";
        const auto maps = (*explainer)->explain(face, fold, flip ? draws : 1, flip ? "attention" : kind, 0);
        if (!maps)
            return fail(maps.error());
        std::vector<float> values;
        std::vector<std::int64_t> shape{maps->front().count, maps->front().height, maps->front().width};
        if (flip)
            shape.insert(shape.begin(), {draws, 2});
        for (const auto &draw : *maps) {
            values.insert(values.end(), draw.view.begin(), draw.view.end());
            if (flip)
                values.insert(values.end(), draw.mirrored.begin(), draw.mirrored.end());
        }
        const auto path = out / (std::to_string(samples[i]) + "." + kind + ".npy");
        if (const auto written = writeNpy(path, std::span<const float>(values), shape); !written)
            return fail(written.error());
        files.push_back(path.string());
        parts = maps->front().parts;
        progress.advance(1);
    }
    progress.finish();
    nlohmann::json result{{"maps", files.size()}, {"files", files}, {"kind", kind}, {"classes", pack->classes()}};
    if (!parts.empty())
        result["parts"] = parts;
    return result;
}

} // namespace mien
