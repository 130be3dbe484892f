#include "models/train/checkpoint.h"

#include "models/backbones/packed_weights.h"
#include "models/base/fingerprint.h"
#include "models/io/torch_tensors.h"
#include "models/train/compute_mode.h"

#include <utility>

namespace mien {

namespace {

constexpr const char *kFormat = "mien-checkpoint/1";

nlohmann::json networkJson(const NetworkConfig &config)
{
    return {{"name", config.name},
            {"classes", config.classes},
            {"channels", config.channels},
            {"side", config.side},
            {"options", config.options}};
}

} // namespace

void CheckpointInfo::store(SafetensorsWriter &writer) const
{
    writer.setMetadata("format", kFormat);
    writer.setMetadata("network", networkJson(network).dump());
    writer.setMetadata("classes", nlohmann::json(classes).dump());
    writer.setMetadata("preprocessing", preprocessing.toJson().dump());
    writer.setMetadata("preprocessing_hash", preprocessing.hash());
    writer.setMetadata("run", run);
    writer.setMetadata("identity", identity);
    writer.setMetadata("settings", settings.dump());
    writer.setMetadata(
        "state",
        nlohmann::json{{"seed", seed}, {"fold", fold}, {"folds", folds}, {"epoch", epoch}, {"finished", finished}}
            .dump());
}

Result<CheckpointInfo> CheckpointInfo::read(const SafetensorsFile &file)
{
    const auto &metadata = file.metadata();
    const auto invalid = [&](const std::string &why) {
        return fail(ErrorCode::Invalid, file.path().string() + " is not a checkpoint of Mien: " + why);
    };
    const auto format = metadata.find("format");
    if (format == metadata.end() || format->second != kFormat)
        return invalid(format == metadata.end()
                           ? "its metadata names no format"
                           : "its format is \"" + format->second + "\", this Mien reads " + kFormat);
    CheckpointInfo info;
    try {
        const auto network = nlohmann::json::parse(metadata.at("network"));
        info.network.name = network.at("name").get<std::string>();
        info.network.classes = network.at("classes").get<int>();
        info.network.channels = network.at("channels").get<int>();
        info.network.side = network.at("side").get<int>();
        info.network.options = network.at("options");
        info.classes = nlohmann::json::parse(metadata.at("classes")).get<std::vector<std::string>>();
        auto preprocessing = Preprocessing::fromJson(nlohmann::json::parse(metadata.at("preprocessing")));
        if (!preprocessing)
            return invalid(preprocessing.error().message);
        info.preprocessing = *preprocessing;
        info.run = metadata.at("run");
        info.identity = metadata.at("identity");
        info.settings = nlohmann::json::parse(metadata.at("settings"));
        const auto state = nlohmann::json::parse(metadata.at("state"));
        info.seed = state.at("seed").get<std::uint64_t>();
        info.fold = state.at("fold").get<int>();
        info.folds = state.at("folds").get<int>();
        info.epoch = state.at("epoch").get<int>();
        info.finished = state.at("finished").get<bool>();
    } catch (const std::exception &) { // nlohmann::json::exception, std::out_of_range of a missing key
        return invalid("its metadata is incomplete");
    }
    if (info.classes.empty() || info.network.classes != int(info.classes.size()))
        return invalid("it names " + std::to_string(info.classes.size()) + " classes for a network of " +
                       std::to_string(info.network.classes));
    if (info.network.channels != info.preprocessing.channels)
        return invalid("network and preprocessing disagree about the channels");
    return info;
}

Result<> writeCheckpoint(const std::filesystem::path &path, const Network &network, const CheckpointInfo &info)
{
    SafetensorsWriter writer;
    addModule(writer, network);
    info.store(writer);
    return writer.write(path);
}

Result<TrainedNetwork> TrainedNetwork::load(const std::filesystem::path &path)
{
    const auto file = SafetensorsFile::open(path);
    if (!file)
        return fail(file.error());
    auto info = CheckpointInfo::read(*file);
    if (!info)
        return fail(info.error());
    auto network = makeNetwork(info->network);
    if (!network)
        return fail(network.error().code, path.string() + ": " + network.error().message);
    if (const auto loaded = loadWeights(**network, *file); !loaded)
        return fail(loaded.error());
    (*network)->eval();
    (*network)->foldNormalisation();
    place(**network, {.device = torch::kCPU, .channelsLast = true});
    packWeights(**network);

    Fingerprint fingerprint;
    for (const TensorView &tensor : file->tensors())
        fingerprint.add(tensor.name)
            .add(std::string_view(reinterpret_cast<const char *>(tensor.bytes.data()), tensor.bytes.size()));
    return TrainedNetwork{std::move(*info), std::move(*network), fingerprint.hex()};
}

} // namespace mien
