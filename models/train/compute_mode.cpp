#include "models/train/compute_mode.h"

#include "models/base/threads.h"

#include <ATen/autocast_mode.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <limits>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace mien {

namespace {

constexpr double kLeastGain = 1.1; // bf16 must be this much faster to be worth its rounding
constexpr int kProbeSteps = 4;

bool hasWideVectors()
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512f");
#else
    return false;
#endif
}

bool hasFastBfloat16()
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512bf16");
#else
    return false;
#endif
}

/// Cores without their second hardware threads, of those this process may use.
int physicalCores()
{
    const int logical = int(std::max(1u, std::thread::hardware_concurrency()));
    std::set<std::string> cores;
    for (int cpu = 0; cpu < logical; ++cpu) {
        std::ifstream siblings("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
        std::string line;
        if (!std::getline(siblings, line))
            return logical;
        cores.insert(line);
    }
    return std::max(1, int(cores.size()));
}

double cpuSeconds()
{
    timespec now = {};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); // wall time would measure the neighbours
    return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

} // namespace

nlohmann::json ComputeMode::toJson() const
{
    return {{"device", device.str()},
            {"precision", precisionName()},
            {"memory_format", memoryFormatName()},
            {"threads", threads}};
}

Result<ComputeMode> ComputeMode::fromJson(const nlohmann::json &json)
{
    try {
        const auto device = deviceNamed(json.at("device").get<std::string>());
        if (!device)
            return fail(device.error());
        return ComputeMode{*device, json.at("precision") == "bf16", json.at("memory_format") == "channels_last",
                           std::clamp(json.at("threads").get<int>(), 1, 1024)};
    } catch (const nlohmann::json::exception &error) {
        return fail(ErrorCode::Invalid,
                    std::string("the recorded device and precision cannot be read (") + error.what() + ")");
    }
}

Result<torch::Device> deviceNamed(const std::string &name)
{
    const int gpus = torch::cuda::is_available() ? int(torch::cuda::device_count()) : 0;
    if (name == "cpu" || (name == "auto" && gpus == 0))
        return torch::Device(torch::kCPU);
    if (name == "auto" || (name == "cuda" && gpus > 0))
        return torch::Device(torch::kCUDA, 0);
    for (int i = 0; i < gpus; ++i)
        if (name == "cuda:" + std::to_string(i))
            return torch::Device(torch::kCUDA, torch::DeviceIndex(i));
    std::string possible = "auto, cpu";
    for (int i = 0; i < gpus; ++i)
        possible += ", cuda:" + std::to_string(i);
    return fail(ErrorCode::Invalid, "there is no device \"" + name + "\" here; possible are " + possible);
}

int setThreads(int wanted)
{
    int threads = wanted;
    if (threads < 1)
        threads = threadsAskedFor().value_or(physicalCores());
    threads = std::min(threads, 1024);
    ::setenv("OMP_NUM_THREADS", std::to_string(threads).c_str(), 0);
    at::set_num_threads(threads);
    return threads;
}

void keepFreedMemory()
{
#ifdef __GLIBC__
    // Arenas stay as many as there are threads: those of a parallel region that share one wait for each other, which
    // was a fifth of a transformer's step.
    constexpr int kMost = std::numeric_limits<int>::max();
    ::mallopt(M_MMAP_THRESHOLD, kMost);
    ::mallopt(M_TRIM_THRESHOLD, kMost);
#endif
}

OneThreadScope::OneThreadScope()
    : m_threads(at::get_num_threads())
{
    at::set_num_threads(1);
}

OneThreadScope::~OneThreadScope()
{
    at::set_num_threads(m_threads);
}

AutocastScope::AutocastScope(const ComputeMode &mode)
    : m_active(mode.lowPrecision)
    , m_device(mode.device.type())
{
    if (!m_active)
        return;
    m_wasEnabled = at::autocast::is_autocast_enabled(m_device);
    m_oldType = at::autocast::get_autocast_dtype(m_device);
    at::autocast::set_autocast_enabled(m_device, true);
    at::autocast::set_autocast_dtype(m_device, torch::kBFloat16);
    at::autocast::increment_nesting();
}

AutocastScope::~AutocastScope()
{
    if (!m_active)
        return;
    if (at::autocast::decrement_nesting() == 0)
        at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(m_device, m_wasEnabled);
    at::autocast::set_autocast_dtype(m_device, m_oldType);
}

void place(torch::nn::Module &network, const ComputeMode &mode)
{
    network.to(mode.device);
    if (!mode.channelsLast)
        return;
    const torch::NoGradGuard noGradients;
    for (auto &parameter : network.parameters())
        if (parameter.dim() == 4)
            parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
}

void place(Network &network, const ComputeMode &mode)
{
    place(static_cast<torch::nn::Module &>(network), mode);
    if (network.lossState())
        place(*network.lossState(), mode);
}

torch::Tensor placed(torch::Tensor input, const ComputeMode &mode)
{
    if (mode.device.is_cuda())
        input = input.pin_memory().to(mode.device, /*non_blocking=*/true);
    return mode.channelsLast ? input.contiguous(at::MemoryFormat::ChannelsLast) : std::move(input);
}

NetworkInput placed(const NetworkInput &input, const ComputeMode &mode)
{
    return {placed(input.images, mode), input.landmarks.defined() ? input.landmarks.to(mode.device) : torch::Tensor()};
}

Result<ComputeMode> chosenMode(torch::Device device, int threads, Precision wanted,
                               const std::function<void(const ComputeMode &)> &step, const std::stop_token &stop)
{
    if (device.is_cuda())
        return ComputeMode{device, wanted != Precision::Fp32, true, threads};
    if (wanted == Precision::Fp32)
        return ComputeMode{device, false, hasWideVectors(), threads};
    if (wanted == Precision::Bf16)
        return ComputeMode{device, true, true, threads};

    const auto seconds = [&](const ComputeMode &mode) {
        step(mode); // makes kernels and memory ready
        double least = std::numeric_limits<double>::infinity();
        // The least of them: a busy machine only ever adds.
        for (int i = 0; i < kProbeSteps && !stop.stop_requested(); ++i) {
            const double begin = cpuSeconds();
            step(mode);
            least = std::min(least, cpuSeconds() - begin);
        }
        return least;
    };
    struct Candidate
    {
        ComputeMode mode;
        double leastGain = 1;
    };
    std::vector<Candidate> candidates = {{{device, false, false, threads}}, {{device, false, true, threads}}};
    if (hasFastBfloat16())
        candidates.push_back({{device, true, true, threads}, kLeastGain});
    ComputeMode best = candidates.front().mode;
    double least = std::numeric_limits<double>::infinity();
    for (const Candidate &candidate : candidates) {
        const double time = seconds(candidate.mode);
        if (stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Training was stopped before it began.");
        if (time * candidate.leastGain >= least)
            continue;
        best = candidate.mode;
        least = time;
    }
    return best;
}

} // namespace mien
