#include "models/embed/run_features.h"

#include "models/base/fingerprint.h"
#include "models/io/safetensors.h"
#include "models/io/training_pack.h"
#include "models/train/checkpoint.h"
#include "models/train/face_scorer.h"
#include "models/train/run_folds.h"
#include "models/train/run_log.h"
#include "models/train/training_run.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace mien {

namespace {

constexpr const char *kVersion = "mien-features/1"; // part of the key: raise it when features change meaning
constexpr std::int64_t kFacesAtOnce = 64;
constexpr double kLeastDeviation = 1e-6;

/// Kept features of exactly these inputs; false where there are none.
bool recall(const std::filesystem::path &path, const std::string &key, RunFeatures &features)
{
    std::error_code error;
    if (path.empty() || !std::filesystem::exists(path, error))
        return false;
    const auto file = SafetensorsFile::open(path);
    if (!file || !file->metadata().contains("key") || file->metadata().at("key") != key)
        return false; // of other inputs, or damaged: computed again
    const TensorView *values = file->find("features");
    if (!values || values->dtype != DType::F32 || values->shape.size() != 2 ||
        values->shape[0] != std::int64_t(features.samples.size()))
        return false;
    features.values = values->values<float>();
    features.dimensions = int(values->shape[1]);
    return true;
}

Result<> compute(RunFeatures &features, const TrainedNetwork &trained, const TrainingPack &pack, torch::Device device,
                 const EventSink &events, const Job &job)
{
    FaceScorer scorer(trained.network, InputTransform(trained.info.preprocessing, pack.channels(), pack.side()),
                      device);
    ProgressMeter progress(events, "embed", "sample", std::int64_t(pack.count()));
    std::vector<std::int64_t> rows;
    for (std::int64_t first = 0; first < std::int64_t(pack.count()); first += kFacesAtOnce) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "The map was stopped.");
        rows.clear();
        for (std::int64_t row = first; row < std::min(first + kFacesAtOnce, std::int64_t(pack.count())); ++row)
            rows.push_back(row);
        const auto pooled = scorer.evaluate(scorer.inputs(pack, rows)).pooled.to(torch::kFloat32).contiguous();
        features.dimensions = int(pooled.size(1));
        features.values.insert(features.values.end(), pooled.data_ptr<float>(),
                               pooled.data_ptr<float>() + pooled.numel());
        progress.advance(std::int64_t(rows.size()));
    }
    progress.finish();
    return {};
}

} // namespace

Result<RunFeatures> runFeatures(const std::filesystem::path &runFolder, int fold,
                                const std::filesystem::path &packFolder, const std::filesystem::path &keep,
                                torch::Device device, const EventSink &events, const Job &job)
{
    const torch::NoGradGuard noGradients;
    const auto pack = TrainingPack::open(packFolder);
    if (!pack)
        return fail(pack.error());
    const auto folds = RunFolds::read(runFolder / "folds.safetensors");
    if (!folds)
        return fail(folds.error());
    if (fold < 0 || fold >= folds->folds)
        return fail(ErrorCode::Invalid, "the run has no fold " + std::to_string(fold) + "; its folds are 0 to " +
                                            std::to_string(folds->folds - 1));
    const auto path = foldFolder(runFolder, folds->folds, fold) / "checkpoint.safetensors";
    const auto trained = TrainedNetwork::load(path);
    if (!trained)
        return fail(trained.error());
    if (!trained->info.finished)
        return fail(ErrorCode::Conflict, path.string() + " is not trained to its end; run the training again, it goes "
                                                         "on where it stopped");
    RunFeatures features{.run = trained->info.run, .fold = fold, .classes = pack->classes()};
    features.modelHash = trained->hash;
    features.preprocessingHash = trained->info.preprocessing.hash();
    features.samples.assign(pack->samples().begin(), pack->samples().end());
    std::unordered_map<std::int64_t, std::size_t> known;
    for (std::size_t row = 0; row < folds->samples.size(); ++row)
        known.emplace(folds->samples[row], row);
    for (const std::int64_t sample : features.samples) {
        const auto row = known.find(sample);
        features.labels.push_back(row == known.end() ? -1 : folds->labels[row->second]);
        features.trained.push_back(row != known.end() && folds->trainedOn(fold, row->second));
    }

    Fingerprint inputs;
    inputs.add(kVersion)
        .add(trained->hash)
        .add(features.preprocessingHash)
        .add(pack->pixelHash())
        .add(pack->samples())
        .add(device.is_cpu() ? "cpu" : "gpu");
    if (trained->network->usesLandmarks())
        inputs.add(pack->landmarkHash());
    const std::string key = inputs.hex();
    if (!recall(keep, key, features)) {
        if (const auto done = compute(features, *trained, *pack, device, events, job); !done)
            return fail(done.error());
        if (!keep.empty()) {
            std::error_code error;
            std::filesystem::create_directories(keep.parent_path(), error); // where it cannot, writing says so
            SafetensorsWriter writer;
            const auto count = std::int64_t(features.samples.size());
            writer.add("features", {count, features.dimensions}, std::span<const float>(features.values));
            writer.add("sample", {count}, std::span<const std::int64_t>(features.samples));
            writer.setMetadata("key", key);
            if (const auto kept = writer.write(keep); !kept)
                return fail(kept.error());
        }
    }
    for (std::size_t i = 0; i < features.values.size(); ++i)
        if (!std::isfinite(features.values[i]))
            return fail(ErrorCode::Invalid,
                        path.string() + " makes features of sample " +
                            std::to_string(features.samples[i / std::size_t(features.dimensions)]) +
                            " that are no finite numbers: the training of this network went wrong; train it again with "
                            "a lower learning rate");
    return features;
}

std::vector<float> standardised(const RunFeatures &features)
{
    const auto width = std::size_t(features.dimensions);
    const bool hasTrained = std::find(features.trained.begin(), features.trained.end(), 1) != features.trained.end();
    std::vector<double> mean(width, 0.0), square(width, 0.0);
    double rows = 0;
    for (std::size_t row = 0; row < features.samples.size(); ++row) {
        if (hasTrained && !features.trained[row])
            continue;
        rows += 1;
        for (std::size_t d = 0; d < width; ++d)
            mean[d] += double(features.values[row * width + d]);
    }
    for (double &value : mean)
        value /= rows;
    for (std::size_t row = 0; row < features.samples.size(); ++row)
        for (std::size_t d = 0; d < width && (!hasTrained || features.trained[row]); ++d) {
            const double away = double(features.values[row * width + d]) - mean[d];
            square[d] += away * away;
        }
    std::vector<float> result(features.values.size());
    for (std::size_t row = 0; row < features.samples.size(); ++row)
        for (std::size_t d = 0; d < width; ++d)
            result[row * width + d] = float((double(features.values[row * width + d]) - mean[d]) /
                                            std::max(std::sqrt(square[d] / rows), kLeastDeviation));
    return result;
}

} // namespace mien
