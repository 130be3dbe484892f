#include "models/train/weight_copy.h"

#include "models/io/torch_tensors.h"

namespace mien {
namespace {

std::vector<std::pair<std::string, torch::Tensor>> tensorsOf(const Network &network)
{
    std::vector<std::pair<std::string, torch::Tensor>> result;
    for (const auto &item : network.named_parameters())
        result.emplace_back(item.key(), item.value());
    for (const auto &item : network.named_buffers())
        result.emplace_back(item.key(), item.value());
    return result;
}

} // namespace

WeightCopy::WeightCopy(const Network &network)
{
    const torch::NoGradGuard noGradients;
    for (const auto &[name, value] : tensorsOf(network)) {
        m_names.push_back(name);
        m_values.push_back(value.detach().clone());
    }
}

void WeightCopy::take(const Network &network)
{
    follow(network, 0);
}

void WeightCopy::follow(const Network &network, double decay)
{
    const torch::NoGradGuard noGradients;
    const auto tensors = tensorsOf(network);
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        if (decay > 0 && tensors[i].second.is_floating_point())
            m_values[i].lerp_(tensors[i].second, 1 - decay);
        else
            m_values[i].copy_(tensors[i].second);
    }
}

void WeightCopy::give(Network &network) const
{
    const torch::NoGradGuard noGradients;
    const auto tensors = tensorsOf(network);
    for (std::size_t i = 0; i < tensors.size(); ++i)
        torch::Tensor(tensors[i].second).copy_(m_values[i]);
}

void WeightCopy::swap(Network &network)
{
    WeightCopy other(network);
    give(network);
    m_values = std::move(other.m_values);
}

void WeightCopy::store(SafetensorsWriter &writer, const std::string &prefix) const
{
    for (std::size_t i = 0; i < m_names.size(); ++i)
        addTensor(writer, prefix + m_names[i], m_values[i]);
}

Result<> WeightCopy::restore(const SafetensorsFile &file, const std::string &prefix)
{
    const torch::NoGradGuard noGradients;
    for (std::size_t i = 0; i < m_names.size(); ++i) {
        const TensorView *stored = file.find(prefix + m_names[i]);
        if (!stored || stored->shape != m_values[i].sizes().vec())
            return fail(ErrorCode::Invalid, file.path().string() + " is the training state of another network (" +
                                                prefix + m_names[i] + ")");
        m_values[i].copy_(toTorch(*stored));
    }
    return {};
}

} // namespace mien
