#pragma once

#include "models/backbones/efficientnet_v2.h"
#include "models/backbones/resnet50_v2.h"
#include "models/networks/network_plan.h"

#include <array>
#include <string>
#include <vector>

namespace mien {

/// How much of a network learns: the head alone, the trunk's last part as well, or everything.
enum class FineTuning { Head, Last, All };

struct ResNet50V2FacesLayout
{
    ResNet50V2Layout trunk;
    FineTuning fineTuning = FineTuning::Head;
    std::vector<std::string> lastPart{"conv4_block6_", "conv5_", "post_bn."}; ///< Beginnings of its names.
    bool hiddenLayers = true; ///< Two of them with normalisation between the trunk's mean and the classes.
    std::array<int, 2> hidden{256, 32};
};

/// ResNet50V2 fine-tuned on faces (`models.md` 6.3): the trunk under its own names, then `head`: `fc1 bn1 fc2 bn2 fc3`,
/// or `fc` alone. Its embedding is what the last layer sees. The frozen part's normalisations keep their statistics.
/// The loss has a penalty on the three linear weights of the head with hidden layers.
class ResNet50V2Faces : public ResNet50V2
{
public:
    ResNet50V2Faces(NetworkConfig config, std::string normalisation, const ResNet50V2FacesLayout &layout);

    NetworkViews forwardAll(NetworkInput faces) override;
    int layerOf(const std::string &parameter) const override { return parameter.starts_with("head.") ? 1 : 0; }
    torch::Tensor classifierWeight() const override; ///< Of the head without hidden layers.
    torch::Tensor loss(const NetworkViews &views, const torch::Tensor &labels, const LossSettings &settings) override;
    void train(bool on = true) override;

private:
    std::vector<torch::nn::Linear> m_linear; ///< Last: to the classes.
    std::vector<torch::nn::BatchNorm1d> m_norms;
};

struct EfficientNetFacesLayout
{
    EfficientNetV2Layout trunk;
    FineTuning fineTuning = FineTuning::Head;
    int firstLearningBlock = 5; ///< Of the trunk's last stage: from there on is its last part.
    std::array<int, 2> hidden{1024, 256};
};

/// EfficientNetV2-B3 fine-tuned on faces (`models.md` 6.4): the trunk under its own names, then `head`: `fc1 fc2 fc3`.
/// Takes pixels of 0 to 255 and normalises them by itself. The columns of `fc1` count channels fastest, then columns,
/// then rows, so that it takes one side only. Its embedding is what `fc3` sees. The frozen part's normalisations keep
/// their statistics. The loss has a penalty on the weight of `fc3`.
class EfficientNetFaces : public EfficientNetV2
{
public:
    EfficientNetFaces(NetworkConfig config, const EfficientNetFacesLayout &layout);

    NetworkViews forwardAll(NetworkInput faces) override;
    int layerOf(const std::string &parameter) const override { return parameter.starts_with("head.") ? 1 : 0; }
    torch::Tensor loss(const NetworkViews &views, const torch::Tensor &labels, const LossSettings &settings) override;
    void train(bool on = true) override;

private:
    std::vector<torch::nn::Linear> m_linear; ///< Last: to the classes.
};

/// resnet50v2 and efficientnetv2-b3.
std::vector<NetworkPlan> fineTunedNetworkPlans();

} // namespace mien
