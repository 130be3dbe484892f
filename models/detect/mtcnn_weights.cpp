#include "models/detect/mtcnn_weights.h"

#include "models/io/legacy_torch_file.h"
#include "models/io/sha256.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>

namespace mien {
namespace {

namespace fs = std::filesystem;

/// SHA-256 of the published files, facenet-pytorch 2.5 and later.
std::string_view publishedSha256(MtcnnStage stage)
{
    switch (stage) {
    case MtcnnStage::PNet: return "a2a71925e0b9996a42f63e47efc1ca19043e69558b5c523b978d611dfae49c8f";
    case MtcnnStage::RNet: return "bbb937de72efc9ef83b186c49f5f558467a1d7e3453a8ece0d71a886633f6a86";
    case MtcnnStage::ONet: return "165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d";
    }
    return {};
}

constexpr std::size_t kMostFileBytes = 16u << 20; // the largest has 1.6 MB
constexpr const char *kSourceKey = "source_sha256";
constexpr const char *kValuesKey = "values_sha256";

/// Of the names, shapes and values, in the order of the names.
std::string valuesSha256(const WeightMap &weights)
{
    std::string text;
    for (const auto &[tensorName, tensor] : weights) {
        text += tensorName;
        for (const std::int64_t side : tensor.shape)
            text += " " + std::to_string(side);
        text += ":";
        text.append(reinterpret_cast<const char *>(tensor.values.data()), tensor.values.size() * sizeof(float));
    }
    return sha256Hex({reinterpret_cast<const std::uint8_t *>(text.data()), text.size()});
}

WeightMap floatsAmong(const std::vector<TensorView> &tensors)
{
    WeightMap weights;
    for (const TensorView &tensor : tensors)
        if (tensor.dtype == DType::F32)
            weights.emplace(tensor.name, NamedTensor{tensor.name, tensor.shape, tensor.values<float>()});
    return weights;
}

std::optional<WeightMap> cached(MtcnnStage stage, const fs::path &file)
{
    std::error_code error;
    if (file.empty() || fs::file_size(file, error) > kMostFileBytes || error)
        return std::nullopt;
    const auto opened = SafetensorsFile::open(file);
    if (!opened)
        return std::nullopt;
    const auto noted = [&](const char *key) {
        const auto at = opened->metadata().find(key);
        return at == opened->metadata().end() ? std::string() : at->second;
    };
    WeightMap weights = weightsOf(*opened);
    if (noted(kSourceKey) != publishedSha256(stage) || noted(kValuesKey) != valuesSha256(weights) ||
        !checkWeights(stage, weights, file.string()))
        return std::nullopt;
    return weights;
}

/// What cannot be kept is read from the published file again the next time.
void keep(MtcnnStage stage, const WeightMap &weights, const fs::path &file)
{
    if (file.empty())
        return;
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    SafetensorsWriter writer;
    for (const auto &[tensorName, tensor] : weights)
        writer.add(tensorName, tensor.shape, std::span(tensor.values));
    writer.setMetadata(kSourceKey, std::string(publishedSha256(stage)));
    writer.setMetadata(kValuesKey, valuesSha256(weights));
    (void)writer.write(file);
}

Result<WeightMap> published(MtcnnStage stage, const fs::path &path)
{
    std::error_code error;
    const auto size = fs::file_size(path, error);
    std::ifstream file(path, std::ios::binary);
    if (error || !file)
        return fail(ErrorCode::Unreadable, "Cannot read " + path.string() + ".");
    if (size > kMostFileBytes)
        return fail(ErrorCode::Invalid, path.string() + " is not the published file: it is too large.");
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (sha256Hex({reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size()}) != publishedSha256(stage))
        return fail(ErrorCode::Invalid, path.string() + " is not the published file: its SHA-256 is another.");
    const auto state = parseLegacyTorchFile(std::as_bytes(std::span(bytes)), path.string());
    if (!state)
        return fail(state.error());
    WeightMap weights = floatsAmong(state->tensors);
    if (const auto complete = checkWeights(stage, weights, path.string()); !complete)
        return fail(complete.error());
    return weights;
}

std::optional<fs::path> fileIn(const std::vector<fs::path> &folders, const std::string &fileName)
{
    std::error_code error;
    for (const fs::path &folder : folders)
        for (const fs::path &place : {folder, folder / "mtcnn", folder / "facenet_pytorch" / "data"})
            if (fs::is_regular_file(place / fileName, error))
                return place / fileName;
    return std::nullopt;
}

fs::path cacheFolder()
{
    if (const char *cache = std::getenv("XDG_CACHE_HOME"); cache && *cache == '/')
        return fs::path(cache) / "mien" / "mtcnn";
    if (const char *home = std::getenv("HOME"); home && *home == '/')
        return fs::path(home) / ".cache" / "mien" / "mtcnn";
    return {};
}

} // namespace

std::string_view name(MtcnnStage stage)
{
    switch (stage) {
    case MtcnnStage::PNet: return "pnet";
    case MtcnnStage::RNet: return "rnet";
    case MtcnnStage::ONet: return "onet";
    }
    return {};
}

const std::vector<WeightShape> &weightShapes(MtcnnStage stage)
{
    static const std::vector<WeightShape> pnet{
        {"conv1.weight", {10, 3, 3, 3}},
        {"conv1.bias", {10}},
        {"prelu1.weight", {10}},
        {"conv2.weight", {16, 10, 3, 3}},
        {"conv2.bias", {16}},
        {"prelu2.weight", {16}},
        {"conv3.weight", {32, 16, 3, 3}},
        {"conv3.bias", {32}},
        {"prelu3.weight", {32}},
        {"conv4_1.weight", {2, 32, 1, 1}},
        {"conv4_1.bias", {2}},
        {"conv4_2.weight", {4, 32, 1, 1}},
        {"conv4_2.bias", {4}},
    };
    static const std::vector<WeightShape> rnet{
        {"conv1.weight", {28, 3, 3, 3}},  {"conv1.bias", {28}},   {"prelu1.weight", {28}},
        {"conv2.weight", {48, 28, 3, 3}}, {"conv2.bias", {48}},   {"prelu2.weight", {48}},
        {"conv3.weight", {64, 48, 2, 2}}, {"conv3.bias", {64}},   {"prelu3.weight", {64}},
        {"dense4.weight", {128, 576}},    {"dense4.bias", {128}}, {"prelu4.weight", {128}},
        {"dense5_1.weight", {2, 128}},    {"dense5_1.bias", {2}}, {"dense5_2.weight", {4, 128}},
        {"dense5_2.bias", {4}},
    };
    static const std::vector<WeightShape> onet{
        {"conv1.weight", {32, 3, 3, 3}},
        {"conv1.bias", {32}},
        {"prelu1.weight", {32}},
        {"conv2.weight", {64, 32, 3, 3}},
        {"conv2.bias", {64}},
        {"prelu2.weight", {64}},
        {"conv3.weight", {64, 64, 3, 3}},
        {"conv3.bias", {64}},
        {"prelu3.weight", {64}},
        {"conv4.weight", {128, 64, 2, 2}},
        {"conv4.bias", {128}},
        {"prelu4.weight", {128}},
        {"dense5.weight", {256, 1152}},
        {"dense5.bias", {256}},
        {"prelu5.weight", {256}},
        {"dense6_1.weight", {2, 256}},
        {"dense6_1.bias", {2}},
        {"dense6_2.weight", {4, 256}},
        {"dense6_2.bias", {4}},
        {"dense6_3.weight", {10, 256}},
        {"dense6_3.bias", {10}},
    };
    return stage == MtcnnStage::PNet ? pnet : stage == MtcnnStage::RNet ? rnet : onet;
}

WeightMap &MtcnnWeights::of(MtcnnStage stage)
{
    return stage == MtcnnStage::PNet ? pnet : stage == MtcnnStage::RNet ? rnet : onet;
}

const WeightMap &MtcnnWeights::of(MtcnnStage stage) const
{
    return stage == MtcnnStage::PNet ? pnet : stage == MtcnnStage::RNet ? rnet : onet;
}

Result<> checkWeights(MtcnnStage stage, const WeightMap &weights, const std::string &where)
{
    const auto refused = [&](std::string_view tensor, const char *what) {
        return fail(ErrorCode::Invalid, where + " does not fit the network " + std::string(name(stage)) +
                                            ": the tensor \"" + std::string(tensor) + "\" " + what + ".");
    };
    for (const WeightShape &wanted : weightShapes(stage)) {
        const auto found = weights.find(wanted.name);
        if (found == weights.end())
            return refused(wanted.name, "is missing");
        if (found->second.shape != wanted.shape)
            return refused(wanted.name, "has another shape");
        for (const float value : found->second.values)
            if (!std::isfinite(value))
                return refused(wanted.name, "holds values that are not finite");
    }
    for (const auto &[key, tensor] : weights) {
        const auto &shapes = weightShapes(stage);
        if (std::none_of(shapes.begin(), shapes.end(), [&](const WeightShape &shape) { return shape.name == key; }))
            return refused(key, "is none of its own");
    }
    return {};
}

WeightMap weightsOf(const SafetensorsFile &file)
{
    return floatsAmong(file.tensors());
}

std::vector<fs::path> mtcnnWeightFolders()
{
    if (const char *named = std::getenv("MIEN_DATA_DIR"); named && *named)
        return {named};
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
    if (error)
        return {};
    std::vector<fs::path> folders{program.parent_path() / "share" / "mien"};
    fs::path above = program;
    for (int level = 0; level < 4 && above.has_relative_path(); ++level) { // CHECKOUT/build/PRESET/bin
        above = above.parent_path();
        folders.push_back(above / ".deps" / "facenet");
    }
    return folders;
}

Result<MtcnnWeights> mtcnnWeightsFrom(const std::vector<fs::path> &folders, const fs::path &cache)
{
    MtcnnWeights result;
    for (const MtcnnStage stage : allMtcnnStages) {
        const std::string stem(name(stage));
        const fs::path kept = cache.empty() ? fs::path() : cache / (stem + ".safetensors");
        if (auto weights = cached(stage, kept)) {
            result.of(stage) = std::move(*weights);
            continue;
        }
        const auto file = fileIn(folders, stem + ".pt");
        if (!file) {
            std::string looked;
            for (const fs::path &folder : folders)
                looked += (looked.empty() ? "" : ", ") + folder.string();
            return fail(ErrorCode::NotFound, "The face detector's weights (" + stem +
                                                 ".pt) are not installed; looked for in: " + looked +
                                                 ". ./dev build installs them, or set MIEN_DATA_DIR to their folder.");
        }
        auto weights = published(stage, *file);
        if (!weights)
            return fail(weights.error());
        keep(stage, *weights, kept);
        result.of(stage) = std::move(*weights);
    }
    return result;
}

Result<MtcnnWeights> installedMtcnnWeights()
{
    return mtcnnWeightsFrom(mtcnnWeightFolders(), cacheFolder());
}

} // namespace mien
