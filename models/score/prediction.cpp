#include "models/score/prediction.h"

#include "models/io/training_pack.h"
#include "models/train/checkpoint.h"
#include "models/train/compute_mode.h"
#include "models/train/face_scorer.h"
#include "models/train/run_folds.h"
#include "models/train/run_log.h"
#include "models/train/training_run.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mien {

namespace {

/// Crops of one size, from a pack or from a file of raw bytes.
class Crops
{
public:
    static Result<Crops> read(const nlohmann::json &config);

    std::size_t count() const { return m_pack ? m_pack->count() : m_pixels.size() / size(); }
    int channels() const { return m_channels; }
    int side() const { return m_side; }
    std::span<const std::uint8_t> at(std::size_t i) const
    {
        return m_pack ? m_pack->pixels(i) : std::span(m_pixels).subspan(i * size(), size());
    }
    FaceLandmarks landmarks(std::size_t i) const
    {
        return m_pack ? m_pack->landmarks(i) : m_landmarks.empty() ? unknownLandmarks() : m_landmarks[i];
    }

private:
    std::size_t size() const { return std::size_t(m_channels) * m_side * m_side; }

    std::optional<TrainingPack> m_pack;
    std::vector<std::uint8_t> m_pixels;
    std::vector<FaceLandmarks> m_landmarks;
    int m_channels = 1;
    int m_side = 48;
};

Result<Crops> Crops::read(const nlohmann::json &config)
{
    Crops crops;
    if (config.contains("pack")) {
        auto pack = TrainingPack::open(config.at("pack").get<std::string>());
        if (!pack)
            return fail(pack.error());
        crops.m_channels = pack->channels();
        crops.m_side = pack->side();
        crops.m_pack = std::move(*pack);
        return crops;
    }
    const std::filesystem::path path = config.at("pixels").get<std::string>();
    crops.m_channels = config.at("channels").get<int>();
    crops.m_side = config.at("side").get<int>();
    if ((crops.m_channels != 1 && crops.m_channels != 3) || crops.m_side < 1 || crops.m_side > 4096)
        return fail(ErrorCode::Invalid, "predict takes pixels of 1 or 3 channels and a side of 1 to 4096");
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return fail(ErrorCode::NotFound, path.string() + " cannot be opened");
    crops.m_pixels.assign(std::istreambuf_iterator<char>(file), {});
    if (crops.m_pixels.empty() || crops.m_pixels.size() % crops.size() != 0)
        return fail(ErrorCode::Invalid, path.string() + " holds " + std::to_string(crops.m_pixels.size()) +
                                            " bytes, which are not whole crops of " + std::to_string(crops.size()));
    for (const auto &points : config.value("landmarks", nlohmann::json::array())) {
        crops.m_landmarks.push_back(unknownLandmarks());
        if (!points.is_null())
            crops.m_landmarks.back() = points.get<FaceLandmarks>();
    }
    if (!crops.m_landmarks.empty() && crops.m_landmarks.size() != crops.count())
        return fail(ErrorCode::Invalid, "predict has landmarks of " + std::to_string(crops.m_landmarks.size()) +
                                            " faces and crops of " + std::to_string(crops.count()));
    return crops;
}

Result<std::vector<TrainedNetwork>> networksOf(const nlohmann::json &config)
{
    std::vector<std::filesystem::path> files;
    if (config.contains("checkpoint")) {
        files.push_back(config.at("checkpoint").get<std::string>());
    } else {
        const std::filesystem::path run = config.at("run_folder").get<std::string>();
        const auto folds = RunFolds::read(run / "folds.safetensors");
        if (!folds)
            return fail(folds.error());
        for (int k = 0; k < folds->folds; ++k)
            files.push_back(foldFolder(run, folds->folds, k) / "checkpoint.safetensors");
    }
    std::vector<TrainedNetwork> networks;
    for (const auto &file : files) {
        auto network = TrainedNetwork::load(file);
        if (!network)
            return fail(network.error());
        networks.push_back(std::move(*network));
    }
    return networks;
}

} // namespace

Result<nlohmann::json> predictCrops(const nlohmann::json &config, const EventSink &events, const Job &job)
{
    setThreads(config.value("threads", 0));
    keepFreedMemory();
    const auto device = deviceNamed(config.value("device", std::string("auto")));
    if (!device)
        return fail(device.error());
    const auto crops = Crops::read(config);
    if (!crops)
        return fail(crops.error());
    const auto networks = networksOf(config);
    if (!networks)
        return fail(networks.error());
    const int batch = config.value("batch", 128);
    if (batch < 1)
        return fail(ErrorCode::Invalid, "predict takes a batch of 1 or more");

    const auto classes = std::int64_t(networks->front().info.classes.size());
    const auto count = std::int64_t(crops->count());
    auto probabilities = torch::zeros({count, classes});
    auto logits = torch::zeros({count, classes});
    ProgressMeter progress(events, "predict", "face", count * std::int64_t(networks->size()));
    for (const TrainedNetwork &trained : *networks) {
        FaceScorer scorer(trained.network, InputTransform(trained.info.preprocessing, crops->channels(), crops->side()),
                          *device);
        for (std::int64_t first = 0; first < count; first += batch) {
            if (job.stop.stop_requested())
                return fail(ErrorCode::Cancelled, "Prediction was stopped.");
            const auto size = std::min<std::int64_t>(batch, count - first);
            std::vector<NetworkInput> inputs;
            for (auto i = std::size_t(first); i < std::size_t(first + size); ++i)
                inputs.push_back(scorer.input(crops->at(i), crops->landmarks(i)));
            const auto view = scorer.evaluateAtOnce(joined(inputs));
            probabilities.narrow(0, first, size) += view.probabilities / double(networks->size());
            logits.narrow(0, first, size) += view.logits / double(networks->size());
            progress.advance(size);
        }
    }
    auto rows = nlohmann::json::array();
    for (std::int64_t i = 0; i < count; ++i) {
        const auto values = [&](const torch::Tensor &table) {
            const auto row = table[i].contiguous();
            return std::vector<float>(row.data_ptr<float>(), row.data_ptr<float>() + classes);
        };
        rows.push_back({{"probabilities", values(probabilities)}, {"logits", values(logits)}});
    }
    progress.finish();
    return nlohmann::json{{"classes", networks->front().info.classes}, {"rows", rows}, {"faces", count}};
}

} // namespace mien
