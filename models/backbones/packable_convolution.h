#pragma once

#include <torch/torch.h>

namespace mien {

/// A convolution that is quicker in evaluation on the CPU once it is packed: its weight then lies in the order of
/// oneDNN's kernels, which else bring it into that order for every pass, a tenth of the time of a single face. Results
/// change by rounding alone. What is trained, of another type than float or on a GPU goes the plain way, packed or not.
class PackableConv2dImpl : public torch::nn::Conv2dImpl
{
public:
    using Conv2dImpl::Conv2dImpl;

    torch::Tensor forward(const torch::Tensor &x);

    void pack(); ///< Its weight must not change from then on. Without oneDNN it stays as it is.

private:
    bool m_mayPack = false;
    torch::Tensor m_packed; ///< Made for the first input: the order of a kernel depends on the size of the map.
};
TORCH_MODULE(PackableConv2d);

} // namespace mien
