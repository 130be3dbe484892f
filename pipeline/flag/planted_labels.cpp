#include "pipeline/flag/planted_labels.h"

#include "models/base/counter_random.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mien {

namespace {

enum Operation : std::uint64_t { Choose = 0x5e1f'0001, NewClass = 0x5e1f'0002 };

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
    LabelNoise evenly{.classes = noise.classes};
    evenly.joint.resize(std::size_t(noise.classes) * std::size_t(noise.classes)); // nothing is taken for anything
    const LabelNoise &used = shape == FlipShape::Confusion ? noise : evenly;
    for (const auto &[unused, i] : order) {
        const double uniform = CounterRandom(seed, 0, std::uint64_t(sample[i]), NewClass).uniform();
        result.label[i] = drawnGivenClass(used, label[i], uniform);
        result.planted[i] = 1;
    }
    result.count = std::int64_t(order.size());
    return result;
}

} // namespace mien
