#include "models/explain/run_explainer.h"

#include "models/base/counter_random.h"
#include "models/explain/explanation_files.h"
#include "models/explain/network_maps.h"
#include "models/io/training_pack.h"
#include "models/networks/masked_autoencoder.h"
#include "models/score/erasing_draws.h"
#include "models/train/checkpoint.h"
#include "models/train/compute_mode.h"
#include "models/train/face_scorer.h"
#include "models/train/run_folds.h"
#include "models/train/run_log.h"
#include "models/train/training_run.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>

namespace mien {

namespace {

constexpr int kMostDraws = 65;
constexpr std::size_t kKeptViews = 4;

std::vector<float> copied(const torch::Tensor &values)
{
    const auto flat = values.to(torch::kFloat32).cpu().contiguous();
    return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

std::string listed(const std::vector<std::string> &names)
{
    std::string text;
    for (const std::string &name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text.empty() ? "none" : text;
}

class RunExplainer : public Explainer
{
public:
    RunExplainer(std::filesystem::path folder, int folds, torch::Device device, std::filesystem::path initial)
        : m_folder(std::move(folder))
        , m_folds(folds)
        , m_device(device)
        , m_initial(std::move(initial))
    {
    }

    Result<std::vector<Maps>> explain(const Face &face, int fold, int draws, std::string_view kind, int first,
                                      bool mirror) override;
    Result<Drawing> draw(const Face &face, int fold, int mask) override;
    Result<std::vector<std::string>> kinds(std::size_t pixelBytes) override;

private:
    struct Warm
    {
        CheckpointInfo info;
        FaceScorer scorer;
        ErasingDraws draws;
    };
    /// What a network said of some faces.
    struct View
    {
        const Warm *network;
        MapMethod method;
        NetworkInput faces;
        NetworkMaps maps;
    };
    NetworkMaps mapsOf(Warm &warm, const NetworkInput &faces, MapMethod method);
    NetworkMaps keptMapsOf(Warm &warm, const NetworkInput &faces, MapMethod method);
    Result<Warm *> network(int fold, std::size_t pixelBytes);
    Result<Warm *> drawer(int fold, std::size_t pixelBytes);
    std::filesystem::path initialOf(const CheckpointInfo &info) const;
    std::vector<std::string> kindsOf(Warm &warm) const;

    std::filesystem::path m_folder;
    int m_folds;
    torch::Device m_device;
    std::filesystem::path m_initial;
    std::map<int, Warm> m_warm;
    std::optional<Warm> m_drawer; ///< What the run started from, where that draws.
    std::deque<View> m_views;     ///< The newest last: their mirrored views are often asked for next.
};

nlohmann::json configOf(const CheckpointInfo &info)
{
    return info.settings.value("config", nlohmann::json::object());
}

/// A trained network, taking crops of that many channels and that side.
template <typename Warm>
Warm warmed(TrainedNetwork trained, int channels, int side, torch::Device device)
{
    const auto settings = configOf(trained.info).value("set", nlohmann::json::object());
    const ErasingDraws draws(trained.info.seed,
                             {1, settings.value("erasing_smallest", 0.02), settings.value("erasing_largest", 0.25)});
    FaceScorer scorer(trained.network, InputTransform(trained.info.preprocessing, channels, side), device);
    return Warm{std::move(trained.info), std::move(scorer), draws};
}

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
    return &m_warm.emplace(k, warmed<Warm>(std::move(*trained), channels, side, m_device)).first->second;
}

/// The weights that a network which does not draw started from, where they are of one that does; else empty.
std::filesystem::path RunExplainer::initialOf(const CheckpointInfo &info) const
{
    const std::filesystem::path path =
        m_initial.empty() ? std::filesystem::path(configOf(info).value("initial", std::string())) : m_initial;
    if (path.empty() || learnsToReconstruct(info.network))
        return {};
    const auto file = SafetensorsFile::open(path);
    if (!file)
        return {};
    const auto initial = CheckpointInfo::read(*file);
    return initial && learnsToReconstruct(initial->network) ? path : std::filesystem::path();
}

std::vector<std::string> RunExplainer::kindsOf(Warm &warm) const
{
    std::vector<std::string> names;
    if (!learnsOnlyToReconstruct(warm.info.network))
        for (const MapMethod method : mapMethods(warm.scorer.network()))
            names.push_back(nameOf(method));
    if (learnsToReconstruct(warm.info.network) || !initialOf(warm.info).empty())
        names.emplace_back("reconstruction");
    return names;
}

Result<RunExplainer::Warm *> RunExplainer::drawer(int fold, std::size_t pixelBytes)
{
    const auto own = network(fold, pixelBytes);
    if (!own || learnsToReconstruct((*own)->info.network))
        return own;
    if (m_drawer)
        return &*m_drawer;
    const auto path = initialOf((*own)->info);
    if (path.empty())
        return fail(ErrorCode::Invalid,
                    "network " + (*own)->info.network.name +
                        " draws no faces, and its run did not start from one that does: that takes a masked "
                        "auto-encoder trained with pretrain above 0; possible are " +
                        listed(kindsOf(**own)));
    auto trained = TrainedNetwork::load(path);
    if (!trained)
        return fail(trained.error());
    const InputTransform &crops = (*own)->scorer.transform();
    m_drawer = warmed<Warm>(std::move(*trained), crops.sourceChannels(), crops.sourceSide(), m_device);
    return &*m_drawer;
}

Result<std::vector<std::string>> RunExplainer::kinds(std::size_t pixelBytes)
{
    const auto warm = network(0, pixelBytes); // the networks of a run differ in what they learned alone
    if (!warm)
        return fail(warm.error());
    return kindsOf(**warm);
}

/// A picture as bytes: what InputTransform::normalise() did, undone.
std::vector<std::uint8_t> bytesOf(const torch::Tensor &image, const Preprocessing &preprocessing)
{
    std::vector<std::uint8_t> bytes;
    for (std::int64_t channel = 0; channel < image.size(0); ++channel) {
        const auto plane = (image[channel] * double(preprocessing.deviation[std::size_t(channel)]) +
                            double(preprocessing.mean[std::size_t(channel)]))
                               .mul(255)
                               .round()
                               .clamp(0, 255)
                               .to(torch::kUInt8)
                               .contiguous();
        bytes.insert(bytes.end(), plane.const_data_ptr<std::uint8_t>(),
                     plane.const_data_ptr<std::uint8_t>() + plane.numel());
    }
    return bytes;
}

/// What decides which patches a mask hides, [1, patches].
torch::Tensor maskNoise(std::uint64_t runSeed, std::int64_t sample, int mask, int patches)
{
    constexpr std::uint64_t kMasks = 0x6d61736b73; // operator index, apart from those of training and scoring
    CounterRandom random(runSeed, std::uint64_t(mask), std::uint64_t(sample), kMasks);
    auto noise = torch::empty({1, patches}, torch::kFloat64);
    for (int i = 0; i < patches; ++i)
        noise[0][i] = random.uniform();
    return noise;
}

Result<Explainer::Drawing> RunExplainer::draw(const Face &face, int fold, int mask)
{
    if (mask < 0 || mask >= kMostDraws)
        return fail(ErrorCode::Invalid, "mask " + std::to_string(mask) + " is asked for; possible are 0 to " +
                                            std::to_string(kMostDraws - 1));
    try {
        const auto warm = drawer(fold, face.pixels.size());
        if (!warm)
            return fail(warm.error());
        FaceScorer &scorer = (*warm)->scorer;
        auto *const network = dynamic_cast<MaskedAutoencoder *>(&scorer.network());
        if (!network)
            return fail(ErrorCode::Internal, "network " + (*warm)->info.network.name + " is no masked auto-encoder");
        const torch::NoGradGuard noGradients;
        const torch::Tensor input = scorer.input(face.pixels, face.landmarks).images;
        const auto noise = maskNoise((*warm)->info.seed, face.sample, mask, network->patches());
        const Reconstruction seen = network->reconstruct(input.to(m_device), noise.to(m_device));
        const auto removed = copied(seen.removed), errors = copied(seen.error);
        const Preprocessing &preprocessing = scorer.transform().preprocessing();
        Drawing drawing;
        drawing.side = preprocessing.side;
        drawing.channels = preprocessing.channels;
        drawing.original = bytesOf(input[0], preprocessing);
        drawing.drawn = bytesOf(seen.images[0].to(torch::kFloat32).cpu(), preprocessing);
        drawing.cells = int(seen.removed.size(2));
        for (std::size_t cell = 0; cell < removed.size(); ++cell)
            if (removed[cell] > 0) {
                drawing.hidden.push_back(int(cell));
                drawing.errors.push_back(errors[cell]);
            }
        drawing.isNormalised = network->layout().normPixels;
        drawing.run = (*warm)->info.run;
        return drawing;
    } catch (const c10::Error &error) {
        const std::string what = error.what_without_backtrace();
        return fail(ErrorCode::Internal, "sample " + std::to_string(face.sample) + " cannot be drawn (" +
                                             what.substr(0, what.find('\n')) + ")");
    }
}

bool areSame(const NetworkInput &a, const NetworkInput &b)
{
    return torch::equal(a.images, b.images) && a.landmarks.defined() == b.landmarks.defined() &&
           (!a.landmarks.defined() || torch::allclose(a.landmarks, b.landmarks, 0, 0, /*equal_nan=*/true));
}

NetworkMaps RunExplainer::mapsOf(Warm &warm, const NetworkInput &faces, MapMethod method)
{
    return networkMaps(warm.scorer.network(), faces.with([&](const torch::Tensor &part) { return part.to(m_device); }),
                       method);
}

NetworkMaps RunExplainer::keptMapsOf(Warm &warm, const NetworkInput &faces, MapMethod method)
{
    for (const View &view : m_views)
        if (view.network == &warm && view.method == method && areSame(view.faces, faces))
            return view.maps;
    m_views.push_back({&warm, method, faces, mapsOf(warm, faces, method)});
    if (m_views.size() > kKeptViews)
        m_views.pop_front();
    return m_views.back().maps;
}

Result<std::vector<Explainer::Maps>> RunExplainer::explain(const Face &face, int fold, int draws, std::string_view kind,
                                                           int first, bool mirror)
{
    if (draws < 1 || first < 0 || first > kMostDraws - draws)
        return fail(ErrorCode::Invalid, "draws " + std::to_string(first) + " to " + std::to_string(first + draws - 1) +
                                            " are asked for; possible are 0 to " + std::to_string(kMostDraws - 1));
    try {
        const auto warm = network(fold, face.pixels.size());
        if (!warm)
            return fail(warm.error());
        FaceScorer &scorer = (*warm)->scorer;
        const auto method =
            learnsOnlyToReconstruct((*warm)->info.network) ? std::nullopt : mapMethodNamed(scorer.network(), kind);
        if (!method)
            return fail(ErrorCode::Invalid, "network " + (*warm)->info.network.name + " has no maps of kind \"" +
                                                std::string(kind) + "\"; possible are " + listed(kindsOf(**warm)));
        const NetworkInput input = scorer.input(face.pixels, face.landmarks);
        const std::int64_t samples[] = {face.sample};
        std::vector<NetworkInput> views;
        for (int number = 0; number < draws; ++number)
            views.emplace_back((*warm)->draws.draw(input.images, samples, first + number), input.landmarks);
        const NetworkInput faces = joined(views);
        const auto [seen, logits] = keptMapsOf(**warm, faces, *method);
        auto probabilities = torch::softmax(logits, 1);
        NetworkMaps other;
        if (mirror) {
            other = mapsOf(**warm, mirrored(faces), *method);
            probabilities = 0.5 * (probabilities + torch::softmax(other.logits, 1));
        }
        const PartMaps parts = partsOf(scorer.network(), *method);
        const auto hidden = *method == MapMethod::Rollout ? scorer.network().hiddenPatches(input) : torch::Tensor();
        std::vector<Maps> result;
        for (int number = 0; number < draws; ++number) {
            Maps maps;
            maps.kind = nameOf(*method);
            maps.parts = parts.names;
            maps.coarseness = parts.coarseness;
            maps.count = int(seen.size(1));
            maps.height = int(seen.size(2));
            maps.width = int(seen.size(3));
            maps.view = copied(seen[number]);
            if (mirror)
                maps.mirrored = copied(other.maps[number]);
            maps.erased = (*warm)->draws.erased(face.sample, first + number, int(input.images.size(3)));
            maps.probabilities = copied(probabilities[number]);
            if (hidden.defined())
                for (const auto &cell : torch::nonzero(hidden[0].flatten()).flatten().split(1))
                    maps.hidden.push_back(cell.item<int>());
            result.push_back(std::move(maps));
        }
        return result;
    } catch (const c10::Error &error) {
        const std::string what = error.what_without_backtrace();
        return fail(ErrorCode::Internal, "the attention of sample " + std::to_string(face.sample) +
                                             " cannot be computed (" + what.substr(0, what.find('\n')) + ")");
    }
}

Result<std::unique_ptr<RunExplainer>> open(const std::filesystem::path &runFolder, std::string_view deviceName,
                                           const std::filesystem::path &initial)
{
    setThreads();
    keepFreedMemory();
    const auto device = deviceNamed(std::string(deviceName.empty() ? "auto" : deviceName));
    if (!device)
        return fail(device.error());
    const auto folds = RunFolds::read(runFolder / "folds.safetensors");
    if (!folds)
        return fail(folds.error());
    return std::make_unique<RunExplainer>(runFolder, folds->folds, *device, initial);
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

Result<std::unique_ptr<Explainer>> openRunExplainer(const std::filesystem::path &runFolder, std::string_view device,
                                                    const std::filesystem::path &initial)
{
    auto opened = open(runFolder, device, initial);
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
    auto explainer = open(runFolder, config.value("device", std::string("auto")), {});
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
        const std::filesystem::path base = out / (std::to_string(samples[i]) + "." + kind);
        Result<std::vector<std::string>> written;
        if (kind == "reconstruction") {
            const auto drawing = (*explainer)->draw(face, fold, 0);
            written = drawing ? writeDrawing(base, *drawing) : fail(drawing.error());
        } else {
            const bool flip = kind == "flip";
            const auto maps =
                (*explainer)->explain(face, fold, flip ? draws : 1, flip ? "attention" : kind, 0, /*mirror=*/true);
            written = maps ? writeMaps(base, *maps, flip) : fail(maps.error());
            if (maps)
                parts = maps->front().parts;
        }
        if (!written)
            return fail(written.error());
        for (const std::string &file : *written)
            files.push_back(file);
        progress.advance(1);
    }
    progress.finish();
    nlohmann::json result{{"maps", samples.size()}, {"files", files}, {"kind", kind}, {"classes", pack->classes()}};
    if (!parts.empty())
        result["parts"] = parts;
    return result;
}

} // namespace mien
