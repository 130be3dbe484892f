#include "pipeline/flag/planted_labels.h"

#include "models/base/counter_random.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mien {

namespace {

enum Operation : std::uint64_t { Choose = 0x5e1f'0001, NewClass = 0x5e1f'0002 };

/// Weight of each class that a sample of class `own` may be given instead.
std::vector<double> weightsFor(const LabelNoise &noise, std::size_t own, FlipShape shape)
{
    const auto classes = std::size_t(noise.classes);
    std::vector<double> weights(classes, 0);
    double total = 0;
    if (shape == FlipShape::Confusion)
        for (std::size_t given = 0; given < classes; ++given) {
            weights[given] = given == own ? 0 : noise.joint[given * classes + own];
            total += weights[given];
        }
    if (total > 0)
        return weights;
    std::fill(weights.begin(), weights.end(), 1.0);
    weights[own] = 0;
    return weights;
}

std::int64_t drawnClass(const std::vector<double> &weights, double uniform)
{
    double left = 0;
    for (const double weight : weights)
        left += weight;
    left *= uniform;
    std::int64_t last = -1;
    for (std::size_t c = 0; c < weights.size(); ++c) {
        if (weights[c] <= 0)
            continue;
        last = std::int64_t(c);
        left -= weights[c];
        if (left < 0)
            break;
    }
    return last;
}

} // namespace

std::string_view flipShapeName(FlipShape shape)
{
    return shape == FlipShape::Uniform ? "uniform" : "confusion";
}

std::optional<FlipShape> flipShapeNamed(std::string_view name)
{
    for (const FlipShape shape : {FlipShape::Uniform, FlipShape::Confusion})
        if (name == flipShapeName(shape))
            return shape;
    return std::nullopt;
}

PlantedLabels plantWrongLabels(std::span<const std::int64_t> sample, std::span<const std::int64_t> label,
                               std::span<const std::uint8_t> members, double rate, FlipShape shape,
                               const LabelNoise &noise, std::uint64_t seed)
{
    PlantedLabels result{{label.begin(), label.end()}, std::vector<std::uint8_t>(label.size(), 0), 0};
    if (noise.classes < 2)
        return result; // there is no other class
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t i = 0; i < label.size(); ++i)
        if (members[i] && label[i] >= 0)
            order.emplace_back(CounterRandom(seed, 0, std::uint64_t(sample[i]), Choose).uniform(), i);
    std::sort(order.begin(), order.end());
    order.resize(std::size_t(std::llround(rate * double(order.size()))));
    std::vector<std::vector<double>> weights;
    for (std::size_t own = 0; own < std::size_t(noise.classes); ++own)
        weights.push_back(weightsFor(noise, own, shape));
    for (const auto &[unused, i] : order) {
        const double uniform = CounterRandom(seed, 0, std::uint64_t(sample[i]), NewClass).uniform();
        result.label[i] = drawnClass(weights[std::size_t(label[i])], uniform);
        result.planted[i] = 1;
    }
    result.count = std::int64_t(order.size());
    return result;
}

} // namespace mien
