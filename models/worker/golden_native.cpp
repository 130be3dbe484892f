#include "models/networks/native_cnns.h"
#include "models/worker/golden_checks.h"

namespace mien {
namespace {

NetworkConfig configOf(const Fixture &fixture, const std::string &first, const std::string &last)
{
    NetworkConfig config;
    config.channels = int(fixture.side(first, 1));
    config.classes = int(fixture.side(last, 0));
    config.side = int(fixture.side("input.x", 2));
    return config;
}

void checkLogits(Fixture &fixture, Network &network)
{
    const auto logits = network.forward(fixture.tensor("input.x"));
    fixture.expect("output.logits", logits);
    fixture.expect("output.prob", torch::softmax(logits, 1));
}

} // namespace

void checkNativeKeras(Fixture &fixture)
{
    fixture.setPrecision(Fixture::Precision::Network);
    NativeKerasLayout layout;
    for (std::size_t i = 0; i < layout.widths.size(); ++i)
        layout.widths[i] = int(fixture.side("conv" + std::to_string(i + 1) + ".weight", 0));
    for (std::size_t i = 0; i < layout.hidden.size(); ++i)
        layout.hidden[i] = int(fixture.side("fc" + std::to_string(i + 1) + ".weight", 0));
    layout.flat = fixture.side("fc1.weight", 1);
    NativeKerasCnn network(configOf(fixture, "conv1.weight", "fc3.weight"), layout);
    fixture.load(network);
    network.eval();
    const torch::NoGradGuard noGradient;
    checkLogits(fixture, network);
    fixture.expect("output.conv1_channel_mean", [&] { return network.edges(fixture.tensor("input.x")).mean({2, 3}); });
}

void checkNativeTorch(Fixture &fixture)
{
    fixture.setPrecision(Fixture::Precision::Network);
    NativeTorchLayout layout;
    for (std::size_t i = 0; i < layout.widths.size(); ++i)
        layout.widths[i] = int(fixture.side("network." + std::to_string(6 * i) + ".weight", 0));
    for (std::size_t i = 0; i < layout.hidden.size(); ++i)
        layout.hidden[i] = int(fixture.side("network." + std::to_string(19 + 2 * i) + ".weight", 0));
    layout.flat = fixture.side("network.19.weight", 1);
    NativeTorchCnn network(configOf(fixture, "network.0.weight", "network.23.weight"), layout);
    fixture.load(network);
    network.eval();
    const torch::NoGradGuard noGradient;
    checkLogits(fixture, network);
}

} // namespace mien
