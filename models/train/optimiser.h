#pragma once

#include "models/base/result.h"
#include "models/io/safetensors.h"

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mien {

struct OptimiserOptions
{
    std::string name = "adamw"; ///< sgd, adam (both: decay is L2 added to the gradient) or adamw (decoupled).
    double momentum = 0.9;      ///< sgd only.
    double weightDecay = 0;     ///< adamw spares vectors: norms and biases gain nothing from being pulled to 0.
    double clip = 0;            ///< Largest norm of all gradients together; 0: no limit.
};

/// Steps over all parameters in one fused kernel, with a state that can be stored and put back bit for bit.
class Optimiser
{
public:
    Optimiser(std::vector<torch::Tensor> parameters, OptimiserOptions options);

    void zeroGradients();
    void step(double rate);

    /// State as tensors `optimizer.<i>.first`, `.second`, and `optimizer.steps`.
    void store(SafetensorsWriter &writer) const;
    /// Fails with Invalid when the state belongs to other parameters.
    Result<> restore(const SafetensorsFile &file);

private:
    struct Part ///< Parameters that share a weight decay.
    {
        double decay = 0;
        std::vector<std::size_t> members;
    };

    std::vector<torch::Tensor> m_parameters;
    OptimiserOptions m_options;
    std::vector<Part> m_parts;
    std::vector<torch::Tensor> m_first;  // momentum, or mean of the gradient
    std::vector<torch::Tensor> m_second; // mean of its square
    std::int64_t m_steps = 0;
};

} // namespace mien
