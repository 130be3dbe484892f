#pragma once

#include <torch/torch.h>

#include <vector>

namespace mien {

struct NadamOptions
{
    double beta1 = 0.9;
    double beta2 = 0.999;
    double eps = 1e-8;            ///< Keras uses 1e-7.
    double momentumDecay = 0.004; ///< psi of the schedule mu_t = beta1 * (1 - 0.5 * 0.96^(t * psi)).
    double weightDecay = 0;       ///< L2, added to the gradient.
};

/// Adam with Nesterov momentum, as Keras and PyTorch from 2.0 on compute it (`models.md` 0.7, D36).
class Nadam
{
public:
    Nadam(std::vector<torch::Tensor> parameters, NadamOptions options);

    void step(double rate); ///< With the gradients that the parameters hold.

private:
    std::vector<torch::Tensor> m_parameters;
    NadamOptions m_options;
    std::vector<torch::Tensor> m_first, m_second; // means of the gradient and of its square
    std::int64_t m_steps = 0;
    double m_product = 1; // P_t: product of mu_1 … mu_t
};

} // namespace mien
