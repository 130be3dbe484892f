#include "models/explain/class_attention.h"

namespace mien {
namespace {

torch::Tensor weightedSum(const torch::Tensor &activation, const torch::Tensor &alpha)
{
    return (alpha.unsqueeze(-1).unsqueeze(-1) * activation).sum(1).relu();
}

} // namespace

torch::Tensor gradCam(const torch::Tensor &activation, const torch::Tensor &gradient)
{
    return weightedSum(activation, gradient.mean({2, 3}));
}

torch::Tensor gradCamPlusPlus(const torch::Tensor &activation, const torch::Tensor &gradient)
{
    const torch::Tensor square = gradient.square();
    const torch::Tensor sum = activation.sum({2, 3}, true);
    const torch::Tensor share = square / (2 * square + square * gradient * sum + 1e-6);
    const torch::Tensor a = torch::where(gradient != 0, share, torch::zeros_like(share));
    return weightedSum(activation, (a * gradient.relu()).sum({2, 3}));
}

torch::Tensor minMaxNormalised(const torch::Tensor &maps)
{
    const torch::Tensor least = maps.amin({1, 2}, true), most = maps.amax({1, 2}, true);
    return (maps - least) / (most - least + 1e-7);
}

torch::Tensor upsampledTo(const torch::Tensor &maps, std::int64_t height, std::int64_t width)
{
    return torch::upsample_bilinear2d(maps.unsqueeze(1), {height, width}, /*align_corners=*/false).squeeze(1);
}

} // namespace mien
