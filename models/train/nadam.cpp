#include "models/train/nadam.h"

#include <cmath>

namespace mien {

Nadam::Nadam(std::vector<torch::Tensor> parameters, NadamOptions options)
    : m_parameters(std::move(parameters))
    , m_options(options)
{
    for (const auto &parameter : m_parameters) {
        m_first.push_back(torch::zeros_like(parameter));
        m_second.push_back(torch::zeros_like(parameter));
    }
}

void Nadam::step(double rate)
{
    const torch::NoGradGuard noGradient;
    ++m_steps;
    const auto mu = [&](std::int64_t t) {
        return m_options.beta1 * (1 - 0.5 * std::pow(0.96, double(t) * m_options.momentumDecay));
    };
    const double now = mu(m_steps), next = mu(m_steps + 1);
    m_product *= now;
    const double unbias = 1 - std::pow(m_options.beta2, double(m_steps));
    for (std::size_t i = 0; i < m_parameters.size(); ++i) {
        torch::Tensor &w = m_parameters[i];
        if (!w.grad().defined())
            continue;
        const torch::Tensor g = m_options.weightDecay == 0 ? w.grad() : w.grad() + m_options.weightDecay * w;
        m_first[i].mul_(m_options.beta1).add_(g, 1 - m_options.beta1);
        m_second[i].mul_(m_options.beta2).addcmul_(g, g, 1 - m_options.beta2);
        const torch::Tensor direction =
            m_first[i] * (next / (1 - m_product * next)) + g * ((1 - now) / (1 - m_product));
        w.sub_(rate * direction / ((m_second[i] / unbias).sqrt() + m_options.eps));
    }
}

} // namespace mien
