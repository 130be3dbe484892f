#pragma once

#include <torch/torch.h>

namespace mien {

/// Attention maps for single-label explanations (`models.md` 8), at the resolution of the activation.
///
/// @param activation  A: [N, C, h, w] at the layer that is explained
/// @param gradient    dz_t/dA: [N, C, h, w], z_t the logit of the target class
/// @return [N, h, w], >= 0, not normalised

torch::Tensor gradCam(const torch::Tensor &activation, const torch::Tensor &gradient);
torch::Tensor gradCamPlusPlus(const torch::Tensor &activation, const torch::Tensor &gradient);

/// (m - min) / (max - min + 1e-7) of each map: [N, h, w] in [0, 1).
torch::Tensor minMaxNormalised(const torch::Tensor &maps);

/// Maps of [N, h, w] brought to the size of the input by `halfpixel_bilinear`.
torch::Tensor upsampledTo(const torch::Tensor &maps, std::int64_t height, std::int64_t width);

} // namespace mien
