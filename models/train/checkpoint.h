#pragma once

#include "models/base/result.h"
#include "models/io/safetensors.h"
#include "models/networks/network.h"
#include "models/train/preprocessing.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace mien {

/// What a checkpoint says about itself: all that `predict` needs without the run it came from.
struct CheckpointInfo
{
    NetworkConfig network;
    std::vector<std::string> classes; ///< Order of the logits.
    Preprocessing preprocessing;
    std::string run;
    std::uint64_t seed = 0;
    int fold = 0;
    int folds = 1;
    int epoch = 0;         ///< Epochs trained so far.
    bool finished = false; ///< All of them.
    std::string identity;  ///< Hash of what decided the weights; equal: one training may continue the other.
    nlohmann::json settings = nlohmann::json::object(); ///< The run's configuration and its precision.

    void store(SafetensorsWriter &writer) const;
    static Result<CheckpointInfo> read(const SafetensorsFile &file);
};

/// Writes weights under their published names. Atomic; the error names the file.
Result<> writeCheckpoint(const std::filesystem::path &path, const Network &network, const CheckpointInfo &info);

/// A network as it was trained, ready to evaluate.
struct TrainedNetwork
{
    CheckpointInfo info;
    std::shared_ptr<Network> network; ///< On the CPU, in eval mode, normalisation folded, channels_last.
    std::string hash;                 ///< Of all weights, 16 hex digits.

    /// Fails with NotFound, Unreadable or Invalid: malformed, not finite, or not fitting its network.
    static Result<TrainedNetwork> load(const std::filesystem::path &path);
};

} // namespace mien
