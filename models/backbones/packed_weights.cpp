#include "models/backbones/packed_weights.h"

#include "models/backbones/packable_convolution.h"
#include "models/backbones/packable_linear.h"

namespace mien {

void packWeights(torch::nn::Module &module)
{
    for (const auto &part : module.modules()) {
        if (auto *linear = dynamic_cast<PackableLinearImpl *>(part.get()))
            linear->pack();
        else if (auto *convolution = dynamic_cast<PackableConv2dImpl *>(part.get()))
            convolution->pack();
    }
}

} // namespace mien
