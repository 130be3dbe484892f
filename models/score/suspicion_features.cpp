#include "models/score/suspicion_features.h"

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

constexpr float lowestProbability = 1e-4f; // a network's "never" is not evidence without end
constexpr float lowestTrust = 1e-3f;

} // namespace

double labelMargin(std::span<const float> row, std::int64_t label)
{
    float other = row.size() > 1 ? -INFINITY : 0;
    for (std::size_t j = 0; j < row.size(); ++j)
        if (static_cast<std::int64_t>(j) != label)
            other = std::max(other, row[j]);
    return static_cast<double>(row[static_cast<std::size_t>(label)]) - other;
}

SuspicionFeatures::SuspicionFeatures(const SuspicionInputs &inputs)
    : m_inputs(inputs)
{
    m_evidence.insert(m_evidence.end(), 3, Evidence::OutOfFold);
    if (!inputs.inSample.empty())
        m_evidence.insert(m_evidence.end(), 3, Evidence::InSample);
    if (!inputs.neighbours.empty())
        m_evidence.insert(m_evidence.end(), 2, Evidence::Neighbours);
    if (!inputs.eacTrust.empty())
        m_evidence.push_back(Evidence::Eac);
    if (!inputs.eacInconsistency.empty())
        m_evidence.push_back(Evidence::Eac);
    if (!inputs.arbexFinal.empty())
        m_evidence.push_back(Evidence::Arbex);
    if (!inputs.arbexConfidence.empty())
        m_evidence.push_back(Evidence::Arbex);
}

void SuspicionFeatures::write(std::size_t row, std::int64_t label, double *out) const
{
    const auto columns = static_cast<std::size_t>(m_inputs.classes);
    const auto rowOf = [&](std::span<const float> values) { return values.subspan(row * columns, columns); };
    const auto own = static_cast<std::size_t>(label);
    const auto logOf = [](double p) { return std::log(std::max(p, double(lowestProbability))); };
    const auto probabilities = [&](std::span<const float> values) {
        const double margin = labelMargin(rowOf(values), label);
        *out++ = logOf(rowOf(values)[own]);
        *out++ = logOf(rowOf(values)[own] - margin); // of the most probable other class
        *out++ = margin;
    };
    probabilities(m_inputs.probabilities);
    if (!m_inputs.inSample.empty())
        probabilities(m_inputs.inSample);
    if (!m_inputs.neighbours.empty()) {
        *out++ = rowOf(m_inputs.neighbours)[own];
        *out++ = labelMargin(rowOf(m_inputs.neighbours), label);
    }
    if (!m_inputs.eacTrust.empty())
        *out++ = std::log(std::max(rowOf(m_inputs.eacTrust)[own], lowestTrust));
    if (!m_inputs.eacInconsistency.empty())
        *out++ = rowOf(m_inputs.eacInconsistency)[own];
    if (!m_inputs.arbexFinal.empty())
        *out++ = labelMargin(rowOf(m_inputs.arbexFinal), label);
    if (!m_inputs.arbexConfidence.empty())
        *out++ = m_inputs.arbexConfidence[row];
}

} // namespace mien
