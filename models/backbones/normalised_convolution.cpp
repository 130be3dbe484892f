#include "models/backbones/normalised_convolution.h"

#include <cmath>
#include <utility>

namespace mien {

PackableConv2d folded(const torch::nn::Conv2dImpl &convolution, const torch::nn::BatchNorm2d &normalisation)
{
    const torch::NoGradGuard noGradients;
    const auto &options = convolution.options;
    PackableConv2d result(torch::nn::Conv2dOptions(options.in_channels(), options.out_channels(), options.kernel_size())
                              .stride(options.stride())
                              .padding(options.padding())
                              .dilation(options.dilation())
                              .groups(options.groups()));
    const auto scale = normalisation->weight / (normalisation->running_var + normalisation->options.eps()).sqrt();
    result->weight.set_data(convolution.weight * scale.view({-1, 1, 1, 1}));
    const auto mean = options.bias() ? normalisation->running_mean - convolution.bias : normalisation->running_mean;
    result->bias.set_data(normalisation->bias - mean * scale);
    result->eval();
    return result;
}

NormalisedConvolution::NormalisedConvolution(torch::nn::Module &owner, const std::string &convolutionName,
                                             torch::nn::Conv2dOptions convolution, const std::string &normName,
                                             NormSettings norm)
    : m_name(convolutionName)
    , m_convolution(owner.register_module(convolutionName, PackableConv2d(convolution.bias(false))))
    , m_norm(owner.register_module(
          normName,
          torch::nn::BatchNorm2d(
              torch::nn::BatchNorm2dOptions(convolution.out_channels()).eps(norm.eps).momentum(norm.momentum))))
{
}

torch::Tensor NormalisedConvolution::operator()(const torch::Tensor &x)
{
    const auto map = m_convolution(x);
    return m_folded ? map : m_norm(map);
}

void NormalisedConvolution::fold(torch::nn::Module &owner)
{
    if (!std::exchange(m_folded, true))
        m_convolution = owner.replace_module(m_name, folded(*m_convolution, m_norm));
}

torch::nn::Conv2dOptions sameSizeConvolution(int in, int out, int kernel, int stride, int groups)
{
    return torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).groups(groups).bias(false);
}

void initialiseConvolutions(torch::nn::Module &module)
{
    const torch::NoGradGuard noGradients;
    for (const auto &part : module.modules(/*include_self=*/false))
        if (auto *convolution = part->as<torch::nn::Conv2d>()) {
            const auto &weight = convolution->weight;
            const auto fanOut = weight.numel() / weight.size(1) / convolution->options.groups();
            convolution->weight.normal_(0, std::sqrt(2.0 / double(fanOut)));
            if (convolution->bias.defined())
                convolution->bias.zero_();
        }
}

} // namespace mien
