#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace mien {

/// Rows first, first + 1, … of a table, always `size` of them: behind its end the last row is repeated.
///
/// The kernels of LibTorch choose their order of additions by the shape, so a row alone and the same row among others
/// may differ in their last digit. What is computed in blocks of one size does not depend on how many rows there are.
torch::Tensor rowBlock(const torch::Tensor &table, std::int64_t first, std::int64_t size);

/// The blocks of a table, one behind the other, without what was repeated.
torch::Tensor joinedBlocks(const std::vector<torch::Tensor> &blocks, std::int64_t rows);

} // namespace mien
