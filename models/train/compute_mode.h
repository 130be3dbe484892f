#pragma once

#include "models/base/result.h"
#include "models/networks/network.h"
#include "models/train/train_config.h"

#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include <functional>
#include <stop_token>
#include <string>

namespace mien {

/// How tensors are laid out and multiplied; recorded with every run.
struct ComputeMode
{
    torch::Device device = torch::kCPU;
    bool lowPrecision = false; ///< Autocast to bfloat16, which needs no loss scaling.
    bool channelsLast = false;
    int threads = 1;

    const char *precisionName() const { return lowPrecision ? "bf16" : "fp32"; }
    const char *memoryFormatName() const { return channelsLast ? "channels_last" : "contiguous"; }
    nlohmann::json toJson() const;
    static Result<ComputeMode> fromJson(const nlohmann::json &json);
};

/// `auto` (CUDA where there is one), `cpu`, `cuda` or `cuda:N`. Fails with Invalid, naming what is there.
Result<torch::Device> deviceNamed(const std::string &name);

/// Tells the thread pools how many threads to use: `wanted`, else MIEN_THREADS, else the physical cores.
/// OpenMP reads its variable at the first torch call, so this comes before any.
int setThreads(int wanted = 0);

/// From now on what the process frees it keeps for itself: a step of training frees and takes the same large tensors
/// again, and pages that come new from the system each time cost up to a quarter of the step. Where the C library is
/// glibc; elsewhere nothing.
void keepFreedMemory();

/// One thread for as long as it lives: tensors so small that threads would only wait for each other.
class OneThreadScope
{
public:
    OneThreadScope();
    ~OneThreadScope();
    OneThreadScope(const OneThreadScope &) = delete;
    OneThreadScope &operator=(const OneThreadScope &) = delete;

private:
    int m_threads;
};

/// Lower precision for as long as it lives. Nothing where the mode says fp32.
class AutocastScope
{
public:
    explicit AutocastScope(const ComputeMode &mode);
    ~AutocastScope();
    AutocastScope(const AutocastScope &) = delete;
    AutocastScope &operator=(const AutocastScope &) = delete;

private:
    bool m_active;
    torch::DeviceType m_device;
    bool m_wasEnabled = false;
    torch::ScalarType m_oldType = torch::kBFloat16;
};

/// Moves a network to the mode's device and memory format.
void place(torch::nn::Module &network, const ComputeMode &mode);
void place(Network &network, const ComputeMode &mode); ///< With what its loss needs.

/// An input batch in the mode's device and memory format.
torch::Tensor placed(torch::Tensor input, const ComputeMode &mode);
NetworkInput placed(const NetworkInput &input, const ComputeMode &mode); ///< With its landmarks.

/// Chooses precision and memory format. `fp32` and `bf16` decide without measuring, so that two runs are equal;
/// `auto` times a few steps of what this machine could do and takes bf16 only for a gain of a tenth.
/// @param step  one training step in the given mode, on throw-away weights
/// @return Cancelled when `stop` is asked for between two steps
Result<ComputeMode> chosenMode(torch::Device device, int threads, Precision wanted,
                               const std::function<void(const ComputeMode &)> &step, const std::stop_token &stop);

} // namespace mien
