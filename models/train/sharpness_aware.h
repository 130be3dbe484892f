#pragma once

#include <torch/torch.h>

#include <vector>

namespace mien {

/// Sharpness-aware minimisation (`models.md` 0.7, not adaptive) around any base optimiser. A step is:
///
///  1. backward at w, then perturb(): w becomes w + rho * g / |g|;
///  2. zero the gradients, backward there, then restore(): w is back bit for bit;
///  3. the base optimiser steps with the second gradient.
///
/// Source: "Sharpness-Aware Minimization for Efficiently Improving Generalization", ICLR 2021.
class SharpnessAware
{
public:
    explicit SharpnessAware(std::vector<torch::Tensor> parameters, double rho = 0.05);

    void perturb();
    void restore();

private:
    std::vector<torch::Tensor> m_parameters;
    std::vector<torch::Tensor> m_origin; // empty unless perturbed
    double m_rho;
};

} // namespace mien
