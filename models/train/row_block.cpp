#include "models/train/row_block.h"

#include <algorithm>

namespace mien {

torch::Tensor rowBlock(const torch::Tensor &table, std::int64_t first, std::int64_t size)
{
    const std::int64_t there = std::min(size, table.size(0) - first);
    const auto rows = table.narrow(0, first, there);
    if (there == size)
        return rows;
    auto shape = table.sizes().vec();
    shape[0] = size - there;
    return torch::cat({rows, table.narrow(0, table.size(0) - 1, 1).expand(shape)});
}

torch::Tensor joinedBlocks(const std::vector<torch::Tensor> &blocks, std::int64_t rows)
{
    return torch::cat(blocks).narrow(0, 0, rows).contiguous();
}

} // namespace mien
