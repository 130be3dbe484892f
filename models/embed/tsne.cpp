#include "models/embed/tsne.h"

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

constexpr float kLongestStep = 5; // units of the map
constexpr float kFarthest = 1e7f; // no layout and no gain comes that far
constexpr float kLeastGain = 0.01f;
constexpr std::int64_t kBlock = 1024; // points that are added up together, whatever the number of threads

/// Adds up fixed blocks in their order, so that a sum does not depend on who computed which.
template <typename OfBlock>
double sumOfBlocks(std::int64_t count, OfBlock ofBlock)
{
    std::vector<double> sums(std::size_t((count + kBlock - 1) / kBlock));
    torch::parallel_for(0, std::int64_t(sums.size()), 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t block = begin; block < end; ++block)
            sums[std::size_t(block)] = ofBlock(block * kBlock, std::min(count, (block + 1) * kBlock));
    });
    double sum = 0;
    for (const double part : sums)
        sum += part;
    return sum;
}

double divergenceOf(const Affinities &affinities, std::span<const float> layout, double normalisation)
{
    const double logZ = std::log(normalisation);
    return sumOfBlocks(affinities.count(), [&](std::int64_t first, std::int64_t last) {
        double sum = 0;
        for (std::int64_t i = first; i < last; ++i)
            for (auto entry = std::size_t(affinities.begins[std::size_t(i)]);
                 entry < std::size_t(affinities.begins[std::size_t(i) + 1]); ++entry) {
                const double p = double(affinities.weights[entry]);
                if (p <= 0)
                    continue;
                const auto j = std::size_t(affinities.columns[entry]);
                const double x = double(layout[std::size_t(2 * i)]) - double(layout[2 * j]);
                const double y = double(layout[std::size_t(2 * i) + 1]) - double(layout[2 * j + 1]);
                sum += p * (std::log(p * (1 + x * x + y * y)) + logZ);
            }
        return sum;
    });
}

} // namespace

Tsne::Tsne(Affinities affinities, TsneSettings settings, std::vector<float> start)
    : m_affinities(std::move(affinities))
    , m_settings(settings)
    , m_layout(std::move(start))
    , m_updates(m_layout.size(), 0.0f)
    , m_gains(m_layout.size(), 1.0f)
    , m_attraction(m_layout.size())
    , m_repulsion(m_layout.size())
{
}

void Tsne::step()
{
    const std::int64_t count = m_affinities.count();
    const bool exaggerated = m_iteration < m_settings.exaggerated;
    const auto exaggeration = exaggerated ? float(m_settings.exaggeration) : 1.0f;
    const double automatic = std::max(200.0, double(count) / double(exaggeration));
    const auto rate = float(m_settings.learningRate > 0 ? m_settings.learningRate : automatic);
    const auto momentum = float(m_settings.momentum);
    if (m_iteration == m_settings.exaggerated) // momentum of another function than the one that is descended now
        std::fill(m_updates.begin(), m_updates.end(), 0.0f);

    torch::parallel_for(0, count, kBlock, [&](std::int64_t first, std::int64_t last) {
        forceKernels().attract(m_affinities.begins.data(), m_affinities.columns.data(), m_affinities.weights.data(),
                               m_layout.data(), m_attraction.data(), first, last);
    });
    const auto share = float(1 / m_field.forces(m_layout, m_repulsion));

    std::vector<double> sumsOfX(std::size_t((count + kBlock - 1) / kBlock));
    const double sumOfY = sumOfBlocks(count, [&](std::int64_t first, std::int64_t last) {
        double sumX = 0, sumY = 0;
        for (std::int64_t i = first; i < last; ++i) {
            float moved[2];
            for (int axis = 0; axis < 2; ++axis) {
                const auto at = std::size_t(2 * i + axis);
                const float gradient = exaggeration * m_attraction[at] - share * m_repulsion[at];
                const bool isSteady = gradient * m_updates[at] < 0; // downhill is where it went before
                m_gains[at] = isSteady ? m_gains[at] + 0.2f : std::max(kLeastGain, m_gains[at] * 0.8f);
                moved[axis] =
                    std::clamp(momentum * m_updates[at] - rate * m_gains[at] * gradient, -kLongestStep, kLongestStep);
            }
            const float length = std::sqrt(moved[0] * moved[0] + moved[1] * moved[1]);
            const float shortened = length > kLongestStep ? kLongestStep / length : 1.0f;
            for (int axis = 0; axis < 2; ++axis) {
                const auto at = std::size_t(2 * i + axis);
                m_updates[at] = moved[axis] * shortened;
                m_layout[at] += m_updates[at];
            }
            sumX += double(m_layout[std::size_t(2 * i)]);
            sumY += double(m_layout[std::size_t(2 * i) + 1]);
        }
        sumsOfX[std::size_t(first / kBlock)] = sumX;
        return sumY;
    });
    double sumOfX = 0;
    for (const double part : sumsOfX)
        sumOfX += part;
    const float middle[2] = {float(sumOfX / double(count)), float(sumOfY / double(count))};
    for (std::size_t i = 0; i < m_layout.size(); ++i)
        m_layout[i] -= middle[i % 2];
    ++m_iteration;
}

double Tsne::divergence()
{
    return divergenceOf(m_affinities, m_layout, m_field.forces(m_layout, m_repulsion));
}

void Tsne::save(SafetensorsWriter &writer) const
{
    const std::vector<std::int64_t> shape = {m_affinities.count(), 2};
    writer.add("layout", shape, std::span<const float>(m_layout));
    writer.add("updates", shape, std::span<const float>(m_updates));
    writer.add("gains", shape, std::span<const float>(m_gains));
    writer.setMetadata("iteration", std::to_string(m_iteration));
}

Result<> Tsne::restore(const SafetensorsFile &file)
{
    auto layout = file.values<float>("layout"), updates = file.values<float>("updates"),
         gains = file.values<float>("gains");
    for (const auto *values : {&layout, &updates, &gains}) {
        if (!*values)
            return fail(values->error());
        if ((*values)->size() != m_layout.size())
            return fail(ErrorCode::Invalid, file.path().string() + " is the state of a map of another size.");
        for (const float value : **values)
            if (!(std::abs(value) < kFarthest))
                return fail(ErrorCode::Invalid, file.path().string() + " holds a value that no map reaches.");
    }
    const auto iteration = file.metadata().find("iteration");
    const int reached = iteration == file.metadata().end() ? -1 : std::atoi(iteration->second.c_str());
    if (reached < 0 || reached > m_settings.iterations)
        return fail(ErrorCode::Invalid, file.path().string() + " does not say which iteration it is of.");
    m_layout = std::move(*layout);
    m_updates = std::move(*updates);
    m_gains = std::move(*gains);
    m_iteration = reached;
    return {};
}

double klDivergence(const Affinities &affinities, std::span<const float> layout)
{
    std::vector<float> forces(layout.size());
    RepulsionField field;
    return divergenceOf(affinities, layout, field.forces(layout, forces));
}

} // namespace mien
