#include "models/networks/frozen_parts.h"

#include <algorithm>

namespace mien {

void freezeAllBut(torch::nn::Module &network, const std::vector<std::string> &beginnings)
{
    for (auto &item : network.named_parameters())
        item.value().set_requires_grad(std::any_of(beginnings.begin(), beginnings.end(), [&](const auto &beginning) {
            return item.key().starts_with(beginning);
        }));
}

void evaluateFrozenParts(torch::nn::Module &network)
{
    for (const auto &part : network.modules(/*include_self=*/false)) {
        const auto parameters = part->parameters();
        if (!parameters.empty() && std::none_of(parameters.begin(), parameters.end(),
                                                [](const torch::Tensor &p) { return p.requires_grad(); }))
            part->eval();
    }
}

} // namespace mien
