// CPU time of a training step, for train_step.py, which times the same step in Python PyTorch:
//     bench_train_step [NETWORK BATCH STEPS fp32|bf16 LAMBDA WEIGHTS]
// Writes the initial weights to WEIGHTS, trains STEPS steps on made inputs, prints one JSON line.
// Without arguments: ten steps of eac-compact, and no weights.

#include "models/io/torch_tensors.h"
#include "models/train/training_step.h"
#include "tests/support/cpu_seconds.h"

#include <cstdio>
#include <string>

using namespace mien;
using mien::test::cpuSeconds;

namespace {

constexpr int kWarmUp = 3;

} // namespace

int main(int argc, char **argv)
{
    if (argc != 1 && argc != 7) {
        std::fprintf(stderr, "bench_train_step [NETWORK BATCH STEPS fp32|bf16 LAMBDA WEIGHTS]\n");
        return 2;
    }
    const bool chosen = argc == 7;
    const std::string name = chosen ? argv[1] : "eac-compact";
    const std::int64_t batch = chosen ? std::stoll(argv[2]) : 128;
    const int steps = chosen ? std::stoi(argv[3]) : 10;
    const bool low = chosen && std::string(argv[4]) == "bf16";
    const double lambda = chosen ? std::stod(argv[5]) : 0.5;
    const ComputeMode mode{torch::kCPU, low, true, setThreads()};

    torch::manual_seed(0);
    const auto made = makeNetwork({.name = name});
    if (!made) {
        std::fprintf(stderr, "%s\n", made.error().message.c_str());
        return 1;
    }
    Network &network = **made;
    if (chosen) {
        SafetensorsWriter writer;
        for (const auto &parameter : network.named_parameters())
            addTensor(writer, parameter.key(), parameter.value());
        if (const auto written = writer.write(argv[6]); !written) {
            std::fprintf(stderr, "%s\n", written.error().message.c_str());
            return 1;
        }
    }
    network.train();
    place(network, mode);
    Optimiser optimiser(network.parameters(), {.name = "adamw", .weightDecay = 0.05});

    // The same numbers are made in Python: (37 i mod 101) / 50 - 1, and labels i mod 7.
    const auto &shape = network.config();
    const std::int64_t views = lambda > 0 ? 2 * batch : batch;
    const std::int64_t size = views * shape.channels * shape.side * shape.side;
    const auto inputs = placed((torch::arange(size).mul(37).remainder(101).to(torch::kFloat32) / 50 - 1)
                                   .view({views, shape.channels, shape.side, shape.side}),
                               mode);
    const auto labels = torch::arange(batch).remainder(7);
    double loss = 0;
    double begin = 0;
    for (int step = 0; step < kWarmUp + steps; ++step) {
        if (step == kWarmUp)
            begin = cpuSeconds();
        loss = trainStep(network, optimiser, inputs, labels, {.rate = 1e-3, .loss = {.lambda = lambda}}, mode);
    }
    std::printf("{\"cpu_s_per_step\":%.6f,\"loss\":%.6f,\"threads\":%d}\n", (cpuSeconds() - begin) / steps, loss,
                mode.threads);
    return 0;
}
