#include "models/train/optimiser.h"

#include "models/io/torch_tensors.h"

#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace mien {

namespace {

std::string stateName(std::size_t index, const char *part)
{
    return "optimizer." + std::to_string(index) + "." + part;
}

} // namespace

Optimiser::Optimiser(std::vector<torch::Tensor> parameters, OptimiserOptions options, std::vector<double> rateFactors)
    : m_options(std::move(options))
{
    std::map<std::pair<double, double>, Part, std::greater<>> parts; // by decay and rate, the largest first
    for (std::size_t p = 0; p < parameters.size(); ++p) {
        const auto &parameter = parameters[p];
        if (!parameter.requires_grad())
            continue;
        const double decay = m_options.name == "adamw" && parameter.dim() < 2 ? 0 : m_options.weightDecay;
        const double factor = rateFactors.empty() ? 1 : rateFactors[p];
        parts.try_emplace({decay, factor}, Part{decay, factor, {}})
            .first->second.members.push_back(m_parameters.size());
        m_parameters.push_back(parameter);
        m_first.push_back(torch::zeros_like(parameter));
        if (m_options.name != "sgd")
            m_second.push_back(torch::zeros_like(parameter));
    }
    for (auto &[key, part] : parts)
        m_parts.push_back(std::move(part));
}

void Optimiser::zeroGradients()
{
    for (auto &parameter : m_parameters)
        parameter.mutable_grad().reset();
}

void Optimiser::step(double overallRate)
{
    const torch::NoGradGuard noGradients;
    if (m_options.clipValue > 0)
        torch::nn::utils::clip_grad_value_(m_parameters, m_options.clipValue);
    if (m_options.clip > 0)
        torch::nn::utils::clip_grad_norm_(m_parameters, m_options.clip);
    ++m_steps;
    m_momentumProduct *= momentumAt(m_steps);
    for (const Part &part : m_parts) {
        const double rate = overallRate * part.rateFactor;
        if (m_options.name == "nadam") {
            nadamStep(part, rate);
            continue;
        }
        std::vector<torch::Tensor> parameters, gradients, first, second, steps;
        for (const std::size_t i : part.members) {
            if (!m_parameters[i].grad().defined())
                continue; // a branch that this network does not use
            parameters.push_back(m_parameters[i]);
            gradients.push_back(m_parameters[i].grad());
            first.push_back(m_first[i]);
            if (!m_second.empty()) {
                second.push_back(m_second[i]);
                steps.push_back(torch::full({}, double(m_steps), m_parameters[i].options().dtype(torch::kFloat32)));
            }
        }
        if (parameters.empty())
            continue;
        if (m_options.name == "sgd")
            at::_fused_sgd_(parameters, gradients, first, part.decay, m_options.momentum, rate, 0.0, false, false,
                            false, std::nullopt, std::nullopt);
        else if (m_options.name == "adam")
            at::_fused_adam_(parameters, gradients, first, second, {}, steps, rate, m_options.beta1, m_options.beta2,
                             part.decay, m_options.eps, false, false, std::nullopt, std::nullopt);
        else
            at::_fused_adamw_(parameters, gradients, first, second, {}, steps, rate, m_options.beta1, m_options.beta2,
                              part.decay, m_options.eps, false, false, std::nullopt, std::nullopt);
    }
}

double Optimiser::momentumAt(std::int64_t step) const
{
    return m_options.beta1 * (1 - 0.5 * std::pow(0.96, double(step) * m_options.momentumDecay));
}

void Optimiser::nadamStep(const Part &part, double rate)
{
    const double now = momentumAt(m_steps), next = momentumAt(m_steps + 1);
    const double unbias = 1 - std::pow(m_options.beta2, double(m_steps));
    for (const std::size_t i : part.members) {
        torch::Tensor &w = m_parameters[i];
        if (!w.grad().defined())
            continue;
        const torch::Tensor g = part.decay == 0 ? w.grad() : w.grad() + part.decay * w;
        m_first[i].mul_(m_options.beta1).add_(g, 1 - m_options.beta1);
        m_second[i].mul_(m_options.beta2).addcmul_(g, g, 1 - m_options.beta2);
        const torch::Tensor direction =
            m_first[i] * (next / (1 - m_momentumProduct * next)) + g * ((1 - now) / (1 - m_momentumProduct));
        w.sub_(rate * direction / ((m_second[i] / unbias).sqrt() + m_options.eps));
    }
}

void Optimiser::store(SafetensorsWriter &writer) const
{
    for (std::size_t i = 0; i < m_first.size(); ++i) {
        addTensor(writer, stateName(i, "first"), m_first[i]);
        if (!m_second.empty())
            addTensor(writer, stateName(i, "second"), m_second[i]);
    }
    writer.add<std::int64_t>("optimizer.steps", {1}, std::vector<std::int64_t>{m_steps});
}

Result<> Optimiser::restore(const SafetensorsFile &file)
{
    const torch::NoGradGuard noGradients;
    const auto fill = [&](torch::Tensor &target, const std::string &tensorName) -> Result<> {
        const TensorView *stored = file.find(tensorName);
        if (!stored || stored->shape != target.sizes().vec())
            return fail(ErrorCode::Invalid,
                        file.path().string() + " is the training state of another network (" + tensorName + ")");
        target.copy_(toTorch(*stored));
        return {};
    };
    for (std::size_t i = 0; i < m_first.size(); ++i) {
        if (const auto filled = fill(m_first[i], stateName(i, "first")); !filled)
            return filled;
        if (m_second.empty())
            continue;
        if (const auto filled = fill(m_second[i], stateName(i, "second")); !filled)
            return filled;
    }
    const auto steps = file.values<std::int64_t>("optimizer.steps");
    if (!steps)
        return fail(steps.error());
    if (steps->size() != 1)
        return fail(ErrorCode::Invalid, file.path().string() + " does not say how many steps it has trained");
    m_steps = steps->front();
    m_momentumProduct = 1;
    for (std::int64_t step = 1; step <= m_steps; ++step)
        m_momentumProduct *= momentumAt(step);
    return {};
}

} // namespace mien
