#include "models/explain/attention_rollout.h"

namespace mien {

torch::Tensor attentionRollout(const std::vector<torch::Tensor> &attentions, HeadFusion fusion)
{
    TORCH_CHECK(!attentions.empty(), "a rollout needs the attention of a block");
    torch::Tensor result;
    for (const auto &attention : attentions) {
        const auto fused = fusion == HeadFusion::Mean ? attention.mean(1) : attention.amax(1);
        auto step = 0.5 * fused + 0.5 * torch::eye(fused.size(-2), fused.size(-1), fused.options());
        step = step / step.sum(-1, /*keepdim=*/true);
        result = result.defined() ? torch::matmul(step, result) : step;
    }
    return result;
}

} // namespace mien
