#include "models/backbones/packable_linear.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>

namespace mien {
namespace {

using Scalars = c10::List<std::optional<at::Scalar>>;
using Pack = at::Tensor(const at::Tensor &, std::optional<c10::SymInt>);
using Apply = at::Tensor(const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, std::string_view,
                         Scalars, std::optional<std::string_view>);

/// PyTorch has no C++ header for what its compiler calls; empty where it was built without oneDNN.
template <typename Signature>
std::optional<c10::TypedOperatorHandle<Signature>> operatorNamed(const char *name)
{
    const auto found = c10::Dispatcher::singleton().findSchema({name, ""});
    if (!found || !at::globalContext().userEnabledMkldnn())
        return std::nullopt;
    return found->typed<Signature>();
}

at::Tensor applied(const at::Tensor &x, const at::Tensor &packed, const at::Tensor &bias, std::string_view behind)
{
    static const auto apply = operatorNamed<Apply>("mkldnn::_linear_pointwise");
    return apply->call(x, packed, bias, behind, Scalars(), "none");
}

} // namespace

void PackableLinearImpl::pack()
{
    static const auto pack = operatorNamed<Pack>("mkldnn::_reorder_linear_weight");
    const bool canApply = operatorNamed<Apply>("mkldnn::_linear_pointwise").has_value();
    if (!pack || !canApply || !weight.is_cpu() || weight.scalar_type() != torch::kFloat)
        return;
    const torch::NoGradGuard noGradient;
    m_packed = pack->call(weight.detach(), std::nullopt);
}

bool PackableLinearImpl::isPackedFor(const torch::Tensor &x) const
{
    return m_packed.defined() && !torch::GradMode::is_enabled() && x.is_cpu() && x.scalar_type() == torch::kFloat &&
           !at::autocast::is_autocast_enabled(at::kCPU);
}

torch::Tensor PackableLinearImpl::forward(const torch::Tensor &x)
{
    return isPackedFor(x) ? applied(x, m_packed, bias, "none") : LinearImpl::forward(x);
}

torch::Tensor PackableLinearImpl::gelu(const torch::Tensor &x)
{
    return isPackedFor(x) ? applied(x, m_packed, bias, "gelu") : torch::gelu(LinearImpl::forward(x));
}

void packLinears(torch::nn::Module &module)
{
    for (const auto &part : module.modules())
        if (auto *linear = dynamic_cast<PackableLinearImpl *>(part.get()))
            linear->pack();
}

} // namespace mien
