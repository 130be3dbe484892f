// CPU time of making the batches of a training, and of a whole epoch, for loading.py, which times the same in Python:
//     bench_loading loading PACK SIDE BATCH
//     bench_loading epoch PACK SIDE BATCH NETWORK fp32|bf16 LAMBDA WEIGHTS
// `loading` makes every batch of an epoch with the default augmentation and counts its pixels; `epoch` also trains
// NETWORK on them, once to warm up and once timed, after it wrote the initial weights to WEIGHTS. The settings are
// those of `mien train --recipe quick`. Prints one JSON line.

#include "models/io/torch_tensors.h"
#include "models/train/batch_loader.h"
#include "models/train/compute_mode.h"
#include "models/train/train_config.h"
#include "models/train/training_step.h"
#include "tests/support/cpu_seconds.h"

#include <cstdio>
#include <numeric>
#include <optional>
#include <string>

using namespace mien;
using mien::test::cpuSeconds;

namespace {

constexpr int kChannelsAtMost = 3;

struct Trained
{
    std::shared_ptr<Network> network;
    std::optional<Optimiser> optimiser;
    ComputeMode mode;
    double lambda = 0;
};

/// One pass over the whole pack. @return the mean of all inputs, or the last loss
double passOver(const TrainingPack &pack, const ViewMaker &views, int channels, int side, int batchSize,
                std::int64_t epoch, Trained *trained)
{
    std::vector<std::int64_t> order(pack.count());
    std::iota(order.begin(), order.end(), 0);
    BatchLoader loader(pack, views, order, pack.labels(), batchSize, epoch, 1);
    double sum = 0, loss = 0;
    std::size_t values = 0;
    while (const Batch *batch = loader.next()) {
        if (!trained) {
            sum += std::accumulate(batch->inputs.begin(), batch->inputs.begin() + side, 0.0); // what a consumer touches
            values += std::size_t(side);
            continue;
        }
        const auto count = std::int64_t(batch->inputs.size() / views.transform().inputSize());
        const auto inputs = placed(
            torch::from_blob(const_cast<float *>(batch->inputs.data()), {count, channels, side, side}), trained->mode);
        const auto labels =
            torch::from_blob(const_cast<std::int64_t *>(batch->labels.data()), {batch->size}, torch::kInt64);
        loss = trainStep(*trained->network, *trained->optimiser, inputs, labels,
                         {.rate = 1e-3, .loss = {.lambda = trained->lambda}}, trained->mode);
    }
    return trained ? loss : sum / double(values);
}

} // namespace

int main(int argc, char **argv)
{
    const bool trains = argc == 9 && std::string(argv[1]) == "epoch";
    if (!trains && !(argc == 5 && std::string(argv[1]) == "loading")) {
        std::fprintf(stderr, "bench_loading loading PACK SIDE BATCH\n"
                             "bench_loading epoch PACK SIDE BATCH NETWORK fp32|bf16 LAMBDA WEIGHTS\n");
        return argc == 1 ? 0 : 2; // ./dev bench runs it without
    }
    const auto pack = TrainingPack::open(argv[2]);
    if (!pack) {
        std::fprintf(stderr, "%s\n", pack.error().message.c_str());
        return 1;
    }
    const int side = std::stoi(argv[3]), batch = std::stoi(argv[4]);
    keepFreedMemory(); // as every job of the worker does

    Trained trained{.mode = {torch::kCPU, false, true, setThreads()}};
    int channels = std::min(pack->channels(), kChannelsAtMost);
    TrainConfig config;
    if (trains) {
        torch::manual_seed(0);
        const auto made = makeNetwork({.name = argv[5], .classes = int(pack->classes().size())});
        if (!made) {
            std::fprintf(stderr, "%s\n", made.error().message.c_str());
            return 1;
        }
        trained.network = *made;
        trained.mode.lowPrecision = std::string(argv[6]) == "bf16";
        trained.lambda = config.lambda = std::stod(argv[7]);
        channels = trained.network->config().channels;
        SafetensorsWriter writer;
        for (const auto &parameter : trained.network->named_parameters())
            addTensor(writer, parameter.key(), parameter.value());
        if (const auto written = writer.write(argv[8]); !written) {
            std::fprintf(stderr, "%s\n", written.error().message.c_str());
            return 1;
        }
        trained.network->train();
        place(*trained.network, trained.mode);
        trained.optimiser.emplace(trained.network->trainedParameters(),
                                  OptimiserOptions{.name = "adamw", .weightDecay = 0.05});
    }
    const ViewMaker views(
        InputTransform(
            {.channels = channels, .side = side, .mean = {0.5F, 0.5F, 0.5F}, .deviation = {0.5F, 0.5F, 0.5F}},
            pack->channels(), pack->side()),
        config.augmentRecipe(), trained.lambda > 0 ? SecondView::Shared : SecondView::None, 0);
    Trained *const used = trains ? &trained : nullptr;
    passOver(*pack, views, channels, side, batch, 0, used);
    const double begin = cpuSeconds();
    const double value = passOver(*pack, views, channels, side, batch, 1, used);
    std::printf("{\"cpu_s\":%.6f,\"value\":%.6f,\"threads\":%d,\"channels\":%d,\"count\":%zu}\n", cpuSeconds() - begin,
                value, trained.mode.threads, channels, pack->count());
    return 0;
}
