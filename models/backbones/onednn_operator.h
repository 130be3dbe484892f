#pragma once

#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/torch.h>

#include <optional>
#include <string_view>

namespace mien {

using OneDnnScalars = c10::List<std::optional<at::Scalar>>;

/// PyTorch has no C++ header for what its compiler calls; empty where it was built without oneDNN.
/// (static, because GCC 12 otherwise warns about what it inlines of PyTorch's call.)
template <typename Signature>
static std::optional<c10::TypedOperatorHandle<Signature>> oneDnnOperator(const char *name)
{
    const auto found = c10::Dispatcher::singleton().findSchema({name, ""});
    if (!found || !at::globalContext().userEnabledMkldnn())
        return std::nullopt;
    return found->typed<Signature>();
}

/// Whether such an operator may take a layer's input: its kernels are of floats on the CPU, and give no gradients.
inline bool suitsOneDnn(const torch::Tensor &x)
{
    return !torch::GradMode::is_enabled() && x.is_cpu() && x.scalar_type() == torch::kFloat &&
           !at::autocast::is_autocast_enabled(at::kCPU);
}

} // namespace mien
