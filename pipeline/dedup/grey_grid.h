#pragma once

#include "pipeline/imaging/imaging.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mien {

/// The picture as side * side brightnesses (0-255), row by row from the top: each is the mean over exactly the part of
/// the picture it covers, whatever the picture's size and proportions. Colour is weighted as by grey(); the stored
/// orientation is not looked at.
///
/// @param picture  at least one pixel
std::vector<float> greyGrid(const Picture &picture, int side);
/// Of one channel, row by row from the top.
std::vector<float> greyGrid(int widthPx, int heightPx, std::span<const std::uint8_t> plane, int side);

} // namespace mien
