#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace mien {

/// Boxes of left eye, right eye, nose and mouth around five landmarks (`models.md` 5.6.1), clipped to the image.
/// @param landmarks  [N, 5, 2] x, y in pixels: image-left eye, image-right eye, nose, left and right mouth corner; a
///                   face of which one is not finite gets the cells 1, 3, 5 and 8 of a 3 x 3 grid
/// @return [N, 4, 4]: x1, y1, x2, y2
torch::Tensor landmarkBoxes(const torch::Tensor &landmarks, std::int64_t height, std::int64_t width);

/// The same for faces without landmarks: cells 1, 3, 5, 8 of a 3 x 3 grid. @return [4, 4]
torch::Tensor gridBoxes(std::int64_t height, std::int64_t width, torch::TensorOptions options);

/// Boxes sampled bilinearly at side x side cell centres, coordinates clamped to the image (5.6.2).
/// @param images  [N, C, H, W]
/// @param boxes   [N, K, 4]
/// @return [N, K, C, side, side]
torch::Tensor boxCrops(const torch::Tensor &images, const torch::Tensor &boxes, int side);

/// (cx / W, cy / H, w / W, h / H) of boxes: [N, K, 4].
torch::Tensor boxFeatures(const torch::Tensor &boxes, std::int64_t height, std::int64_t width);

} // namespace mien
