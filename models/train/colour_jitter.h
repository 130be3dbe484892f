#pragma once

#include "models/base/counter_random.h"

#include <array>
#include <cstdint>
#include <span>

namespace mien {

enum class ColourOperation { Brightness, Contrast, Saturation, Hue };

/// One change of colours, as torchvision defines its operations: brightness blends the picture with black, contrast
/// with the mean of its grey picture, saturation with its grey picture (result = factor * picture + (1 - factor) *
/// other); hue turns the angle of HSV. Grey is 0.299 R + 0.587 G + 0.114 B.
struct ColourChange
{
    double brightness = 1; ///< Factors of 0 or more; 1: as it is.
    double contrast = 1;
    double saturation = 1;
    double hue = 0; ///< Share of a full turn, -0.5 to 0.5.
    std::array<ColourOperation, 4> order = {ColourOperation::Brightness, ColourOperation::Contrast,
                                            ColourOperation::Saturation, ColourOperation::Hue};
};

/// How far colours may vary (`models.md` 0.4). Everything 0: not at all.
struct ColourJitter
{
    double brightness = 0; ///< The factor is uniform in [max(0, 1 - x), 1 + x].
    double contrast = 0;
    double saturation = 0;
    double hue = 0; ///< The shift is uniform in +-, at most 0.5.

    bool any() const { return brightness > 0 || contrast > 0 || saturation > 0 || hue > 0; }

    /// The order of the four operations, any of 24 alike, and then their factors.
    ColourChange drawn(CounterRandom &random) const;
};

/// Values between the operations are not rounded, but each operation clips them to 0..255; at the end they become
/// the nearest bytes.
/// @param picture   channels * side * side, planar
/// @param channels  3, or 1: a grey picture, which has neither saturation nor hue
void changeColours(std::span<std::uint8_t> picture, int channels, const ColourChange &change);

} // namespace mien
