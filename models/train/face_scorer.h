#pragma once

#include "models/io/training_pack.h"
#include "models/networks/network.h"
#include "models/train/preprocessing.h"

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace mien {

/// A trained network applied to stored crops: eval mode, fp32, no gradients. One scorer serves one thread at a time.
class FaceScorer
{
public:
    FaceScorer(std::shared_ptr<Network> network, InputTransform transform, torch::Device device);

    /// What one view of a batch gives, on the CPU.
    struct View
    {
        torch::Tensor probabilities; ///< [n, L]
        torch::Tensor logits;        ///< [n, L]
        torch::Tensor pooled;        ///< [n, C]
        torch::Tensor maps;          ///< [n, L, h, w], only where asked for and where the network has class maps.
    };

    /// Crops as the network takes them, [n, channels, side, side]; with their landmarks where it reads them.
    NetworkInput inputs(const TrainingPack &pack, std::span<const std::int64_t> rows) const;
    /// @param landmarks  in pixels of the crop
    NetworkInput input(std::span<const std::uint8_t> crop, const FaceLandmarks &landmarks) const;

    /// On a CPU the inputs go through the network in blocks of one size, the last one filled up: a value is the same to
    /// the last bit, alone or among any others. On a GPU the batch changes no value beyond 1e-5.
    View evaluate(const NetworkInput &inputs, bool maps = false);

    /// In one pass, as many as there are: quick for a few, and the last digits depend on their number (below 1e-5).
    View evaluateAtOnce(const NetworkInput &inputs, bool maps = false);

    int classes() const { return m_network->config().classes; }
    const InputTransform &transform() const { return m_transform; }
    Network &network() { return *m_network; }
    torch::Device device() const { return m_device; }

private:
    NetworkInput emptyInput(std::size_t faces) const;
    void place(std::span<const std::uint8_t> crop, const FaceLandmarks &landmarks, NetworkInput &into,
               std::size_t at) const;

    std::shared_ptr<Network> m_network;
    InputTransform m_transform;
    torch::Device m_device;
};

/// Mean of the probabilities of a view and of its mirror image.
torch::Tensor bothViewsProbabilities(FaceScorer &scorer, const NetworkInput &inputs);

} // namespace mien
