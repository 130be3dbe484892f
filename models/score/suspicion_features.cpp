#include "models/score/suspicion_features.h"

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

constexpr float lowestProbability = 1e-4f; // a network's "never" is not evidence without end

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
    const auto columns = static_cast<std::size_t>(inputs.classes);
    m_evidence.insert(m_evidence.end(), columns + 1, Evidence::OutOfFold);
    if (!inputs.inSample.empty())
        m_evidence.insert(m_evidence.end(), columns + 1, Evidence::InSample);
    if (!inputs.neighbours.empty())
        m_evidence.insert(m_evidence.end(), columns + 1, Evidence::Neighbours);
    if (!inputs.eacTrust.empty())
        m_evidence.push_back(Evidence::Eac);
    if (!inputs.eacInconsistency.empty())
        m_evidence.push_back(Evidence::Eac);
    if (!inputs.arbexFinal.empty())
        m_evidence.push_back(Evidence::Arbex);
    if (!inputs.arbexConfidence.empty())
        m_evidence.push_back(Evidence::Arbex);
    m_evidence.insert(m_evidence.end(), columns, Evidence::GivenClass);
}

void SuspicionFeatures::write(std::size_t row, std::int64_t label, double *out) const
{
    const auto columns = static_cast<std::size_t>(m_inputs.classes);
    const auto rowOf = [&](std::span<const float> values) { return values.subspan(row * columns, columns); };
    const auto own = static_cast<std::size_t>(label);
    const auto probabilities = [&](std::span<const float> values) {
        for (const float p : rowOf(values))
            *out++ = std::log(std::max(p, lowestProbability));
        *out++ = labelMargin(rowOf(values), label);
    };
    probabilities(m_inputs.probabilities);
    if (!m_inputs.inSample.empty())
        probabilities(m_inputs.inSample);
    if (!m_inputs.neighbours.empty()) {
        for (const float share : rowOf(m_inputs.neighbours))
            *out++ = share;
        *out++ = labelMargin(rowOf(m_inputs.neighbours), label);
    }
    if (!m_inputs.eacTrust.empty())
        *out++ = 1.0 - rowOf(m_inputs.eacTrust)[own];
    if (!m_inputs.eacInconsistency.empty())
        *out++ = rowOf(m_inputs.eacInconsistency)[own];
    if (!m_inputs.arbexFinal.empty())
        *out++ = 1 - (labelMargin(rowOf(m_inputs.arbexFinal), label) + 1) / 2;
    if (!m_inputs.arbexConfidence.empty())
        *out++ = m_inputs.arbexConfidence[row];
    std::fill_n(out, columns, 0.0);
    out[own] = 1;
}

} // namespace mien
