#pragma once

#include "models/base/result.h"
#include "models/worker/compute.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace mien {

/// `<base>.npy`: the raw maps of the first draw, float32 [count, h, w]; or with `flip` of all, [draws, 2, count, h, w],
/// view and mirrored view as computed. Fails as writeNpy() does. @return the files
Result<std::vector<std::string>> writeMaps(const std::filesystem::path &base, std::span<const Explainer::Maps> draws,
                                           bool flip);

/// `<base>.npy`: original, masked and drawn face, float32 [3, channels, side, side] from 0 to 1, hidden patches of the
/// masked one at 0.5; and `<base>.error.npy`: float32 [cells, cells], NaN where nothing was hidden. @return the files
Result<std::vector<std::string>> writeDrawing(const std::filesystem::path &base, const Explainer::Drawing &drawing);

/// The original with its hidden patches in an even grey, planar.
std::vector<std::uint8_t> maskedPicture(const Explainer::Drawing &drawing);

/// The error of every patch, cells * cells, NaN where nothing was hidden.
std::vector<float> errorMap(const Explainer::Drawing &drawing);

} // namespace mien
