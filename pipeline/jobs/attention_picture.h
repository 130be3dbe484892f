#pragma once

#include "pipeline/imaging/imaging.h"

#include <span>
#include <vector>

namespace mien {

/// A map scaled to 0…1 by its own least and greatest value: (m - min) / (max - min + 1e-7).
std::vector<float> normalisedMap(std::span<const float> map);

/// Bilinear interpolation with pixel centres at half positions, edges repeated.
/// @param map  height * width, row-major
std::vector<float> enlargedMap(std::span<const float> map, int width, int height, int widthPx, int heightPx);

/// The face with the map over it in viridis, half and half. `values` has one value 0…1 a pixel of `face`.
Picture blendedWithMap(const Picture &face, std::span<const float> values);

} // namespace mien
