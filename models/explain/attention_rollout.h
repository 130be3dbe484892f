#pragma once

#include <torch/torch.h>

#include <vector>

namespace mien {

/// How the heads of a block become one map.
enum class HeadFusion { Mean, Max };

/// Attention rollout (`models.md` 8.3): per block half of the fused attention and half of the identity, rows brought
/// back to sum 1, multiplied from the last block to the first.
/// @param attentions  of every block, first block first: [N, heads, T, T], rows query, columns keys; the last may have
///                    its first rows alone
/// @return [N, rows of the last, T]; row 0 without its first value is what the class token took from the patches
torch::Tensor attentionRollout(const std::vector<torch::Tensor> &attentions, HeadFusion fusion = HeadFusion::Mean);

} // namespace mien
