#pragma once

#include "models/score/confident_learning.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace mien {

/// Which wrong labels are planted where the right ones are taken to be known.
enum class FlipShape {
    Uniform,  ///< Any other class, evenly.
    Confusion ///< As the labels are confused now: from the joint of confident learning (`models.md` 10).
};

std::string_view flipShapeName(FlipShape shape); ///< "uniform", "confusion"
std::optional<FlipShape> flipShapeNamed(std::string_view name);

struct PlantedLabels
{
    std::vector<std::int64_t> label;   ///< [N] the given ones, a share of them another class.
    std::vector<std::uint8_t> planted; ///< [N] 1: another class than given.
    std::int64_t count = 0;            ///< Of planted ones.
};

/// Gives round(rate * members) samples another class. What is drawn for a sample depends on the seed and its id alone,
/// not on its row or on the others.
/// @param sample   [N] distinct ids
/// @param label    [N] class index; -1: without a label, never touched
/// @param members  [N] 1: may be chosen
/// @param rate     in (0, 1)
/// @param noise    of these labels; read for FlipShape::Confusion. A class that nothing is taken for: evenly
PlantedLabels plantWrongLabels(std::span<const std::int64_t> sample, std::span<const std::int64_t> label,
                               std::span<const std::uint8_t> members, double rate, FlipShape shape,
                               const LabelNoise &noise, std::uint64_t seed);

} // namespace mien
