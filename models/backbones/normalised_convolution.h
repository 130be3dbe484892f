#pragma once

#include "models/backbones/packable_convolution.h"

#include <torch/torch.h>

#include <string>

namespace mien {

/// How a batch normalisation counts (`models.md` 0.6).
struct NormSettings
{
    double eps = 1e-5;
    double momentum = 0.1; ///< Share of the newest batch in the running statistics.
};

/// One convolution with bias in place of a convolution and the batch normalisation after it, by the running
/// statistics. Right for evaluation only.
PackableConv2d folded(const torch::nn::Conv2dImpl &convolution, const torch::nn::BatchNorm2d &normalisation);

/// A convolution without bias and the batch normalisation after it, which are one convolution once they are folded.
/// Both are registered in the module that owns the pair, under the names that its weight files have.
class NormalisedConvolution
{
public:
    NormalisedConvolution() = default; ///< None.
    NormalisedConvolution(torch::nn::Module &owner, const std::string &convolutionName,
                          torch::nn::Conv2dOptions convolution, const std::string &normName, NormSettings norm = {});

    torch::Tensor operator()(const torch::Tensor &x); ///< A tensor of its own: what follows may change it in place.
    explicit operator bool() const { return !m_convolution.is_empty(); }

    void fold(torch::nn::Module &owner); ///< From then on for evaluation only.

private:
    std::string m_name;
    bool m_folded = false;
    PackableConv2d m_convolution{nullptr};
    torch::nn::BatchNorm2d m_norm{nullptr};
};

/// Options of a square convolution without bias that keeps a map's size, but for its stride.
torch::nn::Conv2dOptions sameSizeConvolution(int in, int out, int kernel, int stride = 1, int groups = 1);

/// Kaiming normal, fan-out, ReLU (`models.md` 0.5) for every convolution; a group counts its own outputs. Biases 0.
void initialiseConvolutions(torch::nn::Module &module);

} // namespace mien
