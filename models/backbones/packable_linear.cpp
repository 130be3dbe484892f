#include "models/backbones/packable_linear.h"

#include "models/backbones/onednn_operator.h"

namespace mien {
namespace {

using Pack = at::Tensor(const at::Tensor &, std::optional<c10::SymInt>);
using Apply = at::Tensor(const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, std::string_view,
                         OneDnnScalars, std::optional<std::string_view>);

at::Tensor applied(const at::Tensor &x, const at::Tensor &packed, const at::Tensor &bias, std::string_view behind)
{
    static const auto apply = oneDnnOperator<Apply>("mkldnn::_linear_pointwise");
    return apply->call(x, packed, bias, behind, OneDnnScalars(), "none");
}

} // namespace

void PackableLinearImpl::pack()
{
    static const auto pack = oneDnnOperator<Pack>("mkldnn::_reorder_linear_weight");
    const bool canApply = oneDnnOperator<Apply>("mkldnn::_linear_pointwise").has_value();
    if (!pack || !canApply || !weight.is_cpu() || weight.scalar_type() != torch::kFloat)
        return;
    const torch::NoGradGuard noGradient;
    m_packed = pack->call(weight.detach(), std::nullopt);
}

bool PackableLinearImpl::isPackedFor(const torch::Tensor &x) const
{
    return m_packed.defined() && suitsOneDnn(x);
}

torch::Tensor PackableLinearImpl::forward(const torch::Tensor &x)
{
    return isPackedFor(x) ? applied(x, m_packed, bias, "none") : LinearImpl::forward(x);
}

torch::Tensor PackableLinearImpl::gelu(const torch::Tensor &x)
{
    return isPackedFor(x) ? applied(x, m_packed, bias, "gelu") : torch::gelu(LinearImpl::forward(x));
}

} // namespace mien
