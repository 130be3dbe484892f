#include "models/train/initial_weights.h"

#include "models/io/safetensors.h"

#include <fstream>
#include <string>

namespace mien {

namespace {

constexpr const char *kNetwork = "resnet50v2";
constexpr const char *kOption = "input";       // of that network: the range of the pixels
constexpr const char *kPublishedRange = "pm1"; // what Keras' own weights expect

/// What of `parent[name]` a run has written down; empty: nothing.
std::string rangeIn(const nlohmann::json &parent, const char *name)
{
    const auto options = parent.is_object() ? parent.value(name, nlohmann::json()) : nlohmann::json();
    const auto range = options.is_object() ? options.value(kOption, nlohmann::json()) : nlohmann::json();
    return range.is_string() ? range.get<std::string>() : std::string();
}

} // namespace

Result<> followInitialWeights(TrainConfig &config)
{
    if (config.network != kNetwork || config.initial.empty() || config.networkOptions.contains(kOption))
        return {};
    if (std::ifstream begun(config.out / "config.json"); begun) {
        if (const auto range = rangeIn(nlohmann::json::parse(begun, nullptr, false), "set"); !range.empty())
            config.networkOptions[kOption] = range;
        return {};
    }
    const auto file = SafetensorsFile::open(config.initial);
    if (!file)
        return fail(file.error());
    const auto made = file->metadata().find("network"); // checkpoints of ours describe it
    const auto ofRun =
        made == file->metadata().end() ? nlohmann::json() : nlohmann::json::parse(made->second, nullptr, false);
    if (!ofRun.is_object())
        config.networkOptions[kOption] = kPublishedRange;
    else if (const auto range = rangeIn(ofRun, "options"); !range.empty())
        config.networkOptions[kOption] = range;
    return {};
}

} // namespace mien
