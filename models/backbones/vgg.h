#pragma once

#include "models/networks/network.h"

#include <array>
#include <memory>
#include <vector>

namespace mien {

struct VggLayout
{
    enum class Head {
        Full, ///< 7x7 average pool, then `classifier`: three linear layers, dropout 0.5 after the first two.
        Gap   ///< Mean over space, then one linear layer `fc`.
    };
    Head head = Head::Full;
    std::vector<int> widths{64, 128, 256, 512, 512}; ///< Of the stages; each ends in a max pool of 2.
    std::vector<int> convolutions{2, 2, 4, 4, 4};    ///< 3x3 with bias, in each stage.
    std::array<int, 2> hidden{4096, 4096};           ///< Of the full head.
};

/// VGG19 (`models.md` 1.2) under torchvision's names: `features.N` and `classifier.0`, `.3`, `.6`. Takes [N, 3, H, W]
/// of at least 32 pixels. 143,667,240 parameters at 1000 classes; 20,024,384 of them are the trunk. Initialised as 0.5
/// says for convolutions, biases 0.
class Vgg : public Network
{
public:
    Vgg(NetworkConfig config, const VggLayout &layout);

    NetworkViews forwardAll(NetworkInput faces) override;
    int layerOf(const std::string &parameter) const override { return parameter.starts_with("classifier.") ? 1 : 0; }
    torch::Tensor classifierWeight() const override; ///< Of the `gap` head.

private:
    std::vector<std::vector<torch::nn::Conv2d>> m_stages;
    std::vector<torch::nn::Linear> m_classifier; ///< Of the full head.
    torch::nn::Linear m_fc{nullptr};
};

} // namespace mien
