#include "models/backbones/packable_convolution.h"

#include "models/backbones/onednn_operator.h"

#include <variant>

namespace mien {
namespace {

using Sizes = c10::SymIntArrayRef;
using Pack = at::Tensor(const at::Tensor &, Sizes, Sizes, Sizes, c10::SymInt, at::OptionalSymIntArrayRef);
using Apply = at::Tensor(const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, Sizes, Sizes, Sizes,
                         c10::SymInt, std::string_view, OneDnnScalars, std::optional<std::string_view>);

} // namespace

void PackableConv2dImpl::pack()
{
    m_mayPack = weight.is_cpu() && weight.scalar_type() == torch::kFloat && options.groups() == 1 &&
                std::holds_alternative<torch::enumtype::kZeros>(options.padding_mode()) &&
                std::holds_alternative<torch::ExpandingArray<2>>(options.padding());
}

torch::Tensor PackableConv2dImpl::forward(const torch::Tensor &x)
{
    static const auto pack = oneDnnOperator<Pack>("mkldnn::_reorder_convolution_weight");
    static const auto apply = oneDnnOperator<Apply>("mkldnn::_convolution_pointwise");
    if (!m_mayPack || !pack || !apply || !suitsOneDnn(x))
        return Conv2dImpl::forward(x);
    const auto sizes = [](at::IntArrayRef values) { return c10::fromIntArrayRefSlow(values); };
    const auto padding = sizes(*std::get<torch::ExpandingArray<2>>(options.padding()));
    const auto stride = sizes(*options.stride()), dilation = sizes(*options.dilation());
    if (!m_packed.defined())
        m_packed = pack->call(weight.detach(), padding, stride, dilation, 1, x.sym_sizes());
    return apply->call(x.contiguous(at::MemoryFormat::ChannelsLast), m_packed,
                       bias.defined() ? std::optional(bias) : std::nullopt, padding, stride, dilation, 1, "none",
                       OneDnnScalars(), "");
}

} // namespace mien
