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
    /// sgd, adam, nadam (their decay is L2 added to the gradient) or adamw (decoupled).
    std::string name = "adamw";
    double momentum = 0.9;  ///< sgd only.
    double weightDecay = 0; ///< adamw spares vectors: norms and biases gain nothing from being pulled to 0.
    double clip = 0;        ///< Largest norm of all gradients together; 0: no limit.
    double clipValue = 0;   ///< Largest part of a gradient, before `clip`; 0: no limit.
    double beta1 = 0.9;     ///< Of adam, nadam and adamw, as are the next.
    double beta2 = 0.999;
    double eps = 1e-8;            ///< Keras uses 1e-7.
    double momentumDecay = 0.004; ///< nadam: psi of the schedule mu_t = beta1 * (1 - 0.5 * 0.96^(t * psi)).
};

/// Steps over all parameters, with a state that can be stored and put back bit for bit. sgd, adam and adamw are fused
/// kernels; nadam is Adam with Nesterov momentum as Keras and PyTorch from 2.0 on compute it (`models.md` 0.7, D36).
class Optimiser
{
public:
    /// @param rateFactors  of each parameter, times the rate of a step; empty: 1 for all
    Optimiser(std::vector<torch::Tensor> parameters, OptimiserOptions options, std::vector<double> rateFactors = {});

    void zeroGradients();
    void step(double rate);

    /// State as tensors `optimizer.<i>.first`, `.second`, and `optimizer.steps`.
    void store(SafetensorsWriter &writer) const;
    /// Fails with Invalid when the state belongs to other parameters.
    Result<> restore(const SafetensorsFile &file);

private:
    struct Part ///< Parameters that share a weight decay and a rate.
    {
        double decay = 0;
        double rateFactor = 1;
        std::vector<std::size_t> members;
    };

    std::vector<torch::Tensor> m_parameters;
    OptimiserOptions m_options;
    std::vector<Part> m_parts;
    std::vector<torch::Tensor> m_first;  // momentum, or mean of the gradient
    std::vector<torch::Tensor> m_second; // mean of its square
    std::int64_t m_steps = 0;
    double m_momentumProduct = 1; ///< nadam: product of mu_1 … mu_t.

    double momentumAt(std::int64_t step) const; ///< nadam: mu_t.
    void nadamStep(const Part &part, double rate);
};

} // namespace mien
