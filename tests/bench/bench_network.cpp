// CPU time of a training step or of evaluating a batch, for networks.py, which times the same in Python PyTorch:
//     bench_network [train|infer NETWORK BATCH REPEATS fp32|bf16 LAMBDA WEIGHTS [cuda:N]]
// Writes the initial weights to WEIGHTS, works on made inputs, prints one JSON line. On a GPU it prints "measuring"
// after the warm-up, works for five seconds at least, and the time is that of the clock, with all kernels done.
// Without arguments: ten training steps of eac-compact, and no weights.

#include "models/backbones/packed_weights.h"
#include "models/io/torch_tensors.h"
#include "models/train/face_scorer.h"
#include "models/train/training_step.h"
#include "tests/support/cpu_seconds.h"

#include <chrono>
#include <cstdio>
#include <string>

using namespace mien;
using mien::test::cpuSeconds;

namespace {

constexpr int kWarmUp = 3;

/// The same numbers are made in Python.
torch::Tensor madeInputs(std::int64_t count, const NetworkConfig &shape)
{
    return (torch::arange(count * shape.channels * shape.side * shape.side).mul(37).remainder(101).to(torch::kFloat32) /
                50 -
            1)
        .view({count, shape.channels, shape.side, shape.side});
}

/// @return CPU seconds a repeat; `value` becomes what both sides must agree on
template <typename Work>
double secondsEach(int repeats, double &value, Work work)
{
    double begin = 0;
    for (int i = 0; i < kWarmUp + repeats; ++i) {
        if (i == kWarmUp)
            begin = cpuSeconds();
        value = work();
    }
    return (cpuSeconds() - begin) / repeats;
}

/// @return seconds of the clock a repeat, from and to a moment at which the GPU has nothing to do
template <typename Work>
double clockSecondsEach(const torch::Device &device, int repeats, double &value, Work work)
{
    using Clock = std::chrono::steady_clock;
    constexpr double kLeastSeconds = 5; // as long as its utilisation needs to be seen
    for (int i = 0; i < kWarmUp; ++i)
        value = work();
    torch::cuda::synchronize(device.index());
    std::printf("measuring\n");
    std::fflush(stdout);
    const auto begin = Clock::now();
    double seconds = 0;
    int done = 0;
    while (seconds < kLeastSeconds) {
        for (int i = 0; i < repeats; ++i)
            value = work();
        torch::cuda::synchronize(device.index());
        done += repeats;
        seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    }
    return seconds / done;
}

} // namespace

int main(int argc, char **argv)
{
    const bool chosen = argc == 8 || argc == 9;
    const bool trains = !chosen || std::string(argv[1]) == "train";
    if ((argc != 1 && !chosen) || (!trains && std::string(argv[1]) != "infer")) {
        std::fprintf(stderr, "bench_network [train|infer NETWORK BATCH REPEATS fp32|bf16 LAMBDA WEIGHTS [cuda:N]]\n");
        return 2;
    }
    const std::string name = chosen ? argv[2] : "eac-compact";
    const std::int64_t batch = chosen ? std::stoll(argv[3]) : 128;
    const int repeats = chosen ? std::stoi(argv[4]) : 10;
    const bool low = chosen && std::string(argv[5]) == "bf16";
    const double lambda = chosen ? std::stod(argv[6]) : 0.5;
    const int threads = setThreads(); // before any call of torch
    const auto device = deviceNamed(argc == 9 ? argv[8] : "cpu");
    if (!device) {
        std::fprintf(stderr, "bench_network: %s\n", device.error().message.c_str());
        return 1;
    }
    const ComputeMode mode{*device, low, true, threads};
    const auto measured = [&](double &value, auto work) {
        return mode.device.is_cpu() ? secondsEach(repeats, value, work)
                                    : clockSecondsEach(mode.device, repeats, value, work);
    };

    keepFreedMemory(); // as every job of the worker does

    torch::manual_seed(0);
    auto made = makeNetwork({.name = name});
    if (!made) {
        std::fprintf(stderr, "%s\n", made.error().message.c_str());
        return 1;
    }
    const std::shared_ptr<Network> network = *made;
    if (chosen) {
        SafetensorsWriter writer;
        for (const auto &parameter : network->named_parameters())
            addTensor(writer, parameter.key(), parameter.value());
        if (const auto written = writer.write(argv[7]); !written) {
            std::fprintf(stderr, "%s\n", written.error().message.c_str());
            return 1;
        }
    }
    const NetworkConfig &shape = network->config();
    double seconds = 0, value = 0;
    if (trains) {
        network->train();
        place(*network, mode);
        Optimiser optimiser(network->trainedParameters(), {.name = "adamw", .weightDecay = 0.05});
        const auto inputs = placed(madeInputs(lambda > 0 ? 2 * batch : batch, shape), mode);
        const auto labels = torch::arange(batch).remainder(7).to(mode.device);
        seconds = measured(value, [&] {
            return trainStep(*network, optimiser, inputs, labels, {.rate = 1e-3, .loss = {.lambda = lambda}}, mode);
        });
    } else {
        // As every score and prediction does it: normalisation folded, memory format of the mode, small blocks.
        network->eval();
        network->foldNormalisation();
        place(*network, mode);
        packWeights(*network);
        FaceScorer scorer(network, InputTransform({.channels = shape.channels, .side = shape.side}, 1, shape.side),
                          mode.device);
        const auto inputs = madeInputs(batch, shape);
        seconds = measured(value, [&] { return scorer.evaluate(inputs, false).logits.abs().mean().item<double>(); });
    }
    std::printf("{\"%s\":%.6f,\"value\":%.6f,\"threads\":%d,\"channels\":%d,\"side\":%d}\n",
                mode.device.is_cpu() ? "cpu_s" : "clock_s", seconds, value, mode.threads, shape.channels, shape.side);
    return 0;
}
