#include "models/losses/cross_entropy.h"
#include "models/train/optimiser.h"
#include "models/train/sharpness_aware.h"
#include "models/worker/golden_checks.h"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>
#include <vector>

namespace mien {
namespace {

/// The highest k of the tensors `step<k>.…`.
int stepsOf(const Fixture &fixture)
{
    int steps = 0;
    for (const std::string &name : fixture.names()) {
        int step = 0;
        if (name.starts_with("step") &&
            std::from_chars(name.data() + 4, name.data() + name.size(), step).ec == std::errc())
            steps = std::max(steps, step);
    }
    if (steps < 1 || steps > 10'000)
        throw FixtureError{"there is no tensor of a step between 1 and 10,000"};
    return steps;
}

void expectStep(Fixture &fixture, int step, const torch::nn::Module &module)
{
    for (const auto &parameter : module.named_parameters())
        fixture.expect("step" + std::to_string(step) + "." + parameter.key(), parameter.value());
}

/// "betas", or "beta1" and "beta2", or "b1" and "b2" (`models.md` 0.7).
std::pair<double, double> betasOf(const Fixture &fixture)
{
    std::vector<double> betas = fixture.numbers("betas", 2);
    if (betas.empty())
        betas = {0.9, 0.999};
    return {fixture.number("beta1", fixture.number("b1", betas[0])),
            fixture.number("beta2", fixture.number("b2", betas[1]))};
}

/// Linear layers with tanh between, with the shapes of `start.0`, `start.2`, …
torch::nn::Sequential perceptron(const Fixture &fixture)
{
    torch::nn::Sequential network;
    for (int layer = 0; fixture.has("start." + std::to_string(layer) + ".weight"); layer += 2) {
        const std::string weight = "start." + std::to_string(layer) + ".weight";
        if (layer > 0)
            network->push_back(torch::nn::Tanh());
        network->push_back(torch::nn::Linear(fixture.side(weight, 1), fixture.side(weight, 0)));
    }
    if (network->is_empty())
        throw FixtureError{"there is no tensor \"start.0.weight\""};
    return network;
}

} // namespace

void checkSamAdam(Fixture &fixture)
{
    torch::nn::Sequential network = perceptron(fixture);
    fixture.load(*network, "start.");
    const torch::Tensor x = fixture.tensor("input.x"), labels = fixture.tensor("input.labels");
    torch::optim::Adam adam(network->parameters(), torch::optim::AdamOptions(fixture.number("lr", 1e-3))
                                                       .eps(fixture.number("eps", 1e-8))
                                                       .weight_decay(fixture.number("weight_decay", 0))
                                                       .betas(betasOf(fixture)));
    SharpnessAware sam(network->parameters(), fixture.number("rho", 0.05));
    std::vector<torch::Tensor> losses;
    const auto backward = [&] {
        adam.zero_grad();
        losses.push_back(crossEntropy(network->forward(x), labels));
        losses.back().backward();
    };
    const int steps = stepsOf(fixture);
    for (int step = 1; step <= steps; ++step) {
        backward();
        sam.perturb();
        backward();
        sam.restore();
        adam.step();
        expectStep(fixture, step, *network);
    }
    fixture.expect("output.losses", torch::stack(losses));
}

void checkNadam(Fixture &fixture)
{
    torch::nn::Linear layer(fixture.side("start.weight", 1), fixture.side("start.weight", 0));
    fixture.load(*layer, "start.");
    layer->to(torch::kFloat64); // the stored values were computed in double and rounded
    const torch::Tensor x = fixture.tensor("input.x").to(torch::kFloat64), labels = fixture.tensor("input.labels");
    OptimiserOptions options{.name = "nadam", .weightDecay = fixture.number("weight_decay", 0)};
    std::tie(options.beta1, options.beta2) = betasOf(fixture);
    options.eps = fixture.number("eps", options.eps);
    options.momentumDecay = fixture.number("momentum_decay", fixture.number("psi", options.momentumDecay));
    Optimiser nadam(layer->parameters(), options);
    const int steps = stepsOf(fixture);
    for (int step = 1; step <= steps; ++step) {
        layer->zero_grad();
        crossEntropy(layer->forward(x), labels).backward();
        nadam.step(fixture.number("lr", 1e-3));
        expectStep(fixture, step, *layer);
    }
}

} // namespace mien
