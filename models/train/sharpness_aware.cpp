#include "models/train/sharpness_aware.h"

namespace mien {

SharpnessAware::SharpnessAware(std::vector<torch::Tensor> parameters, double rho)
    : m_parameters(std::move(parameters))
    , m_rho(rho)
{
}

void SharpnessAware::perturb()
{
    TORCH_CHECK(m_origin.empty(), "perturb() twice without restore()");
    const torch::NoGradGuard noGradient;
    std::vector<torch::Tensor> norms;
    for (const auto &parameter : m_parameters)
        if (parameter.grad().defined())
            norms.push_back(parameter.grad().norm(2));
    if (norms.empty())
        return;
    const torch::Tensor scale = m_rho / (torch::stack(norms).norm(2) + 1e-12);
    for (auto &parameter : m_parameters) {
        m_origin.push_back(parameter.detach().clone());
        if (parameter.grad().defined())
            parameter.add_(parameter.grad() * scale);
    }
}

void SharpnessAware::restore()
{
    const torch::NoGradGuard noGradient;
    for (std::size_t i = 0; i < m_origin.size(); ++i)
        m_parameters[i].copy_(m_origin[i]);
    m_origin.clear();
}

} // namespace mien
