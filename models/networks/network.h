#pragma once

#include "models/base/result.h"

#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

namespace mien {

/// What makes one network: everything a checkpoint must remember to build it again.
struct NetworkConfig
{
    std::string name; ///< `eac-compact`, … (`networkNames()`).
    int classes = 7;  ///< L; 0: without the classifier.
    int channels = 0; ///< 1 or 3; 0: the network's own choice.
    int side = 0;     ///< Input height = width in pixels; 0: the network's own choice.
    nlohmann::json options =
        nlohmann::json::object(); ///< As `train --set KEY=VALUE`; strings are understood for every type.
};

/// One forward pass, as everything that scores or explains needs it.
struct NetworkViews
{
    torch::Tensor features; ///< F: [N, C, h, w], the last feature map.
    torch::Tensor pooled;   ///< [N, C], mean of F over space: the embedding.
    torch::Tensor logits;   ///< [N, L]; undefined for a network without classifier.
};

/// A trunk with a last feature map, global average pooling and one linear layer `fc` (`models.md` 1, 2.2).
/// Belongs to the job that made it; not for use from two threads at once.
class Network : public torch::nn::Module
{
public:
    /// @param x  [N, channels, H, W], normalised; contiguous or channels_last
    virtual NetworkViews forwardAll(torch::Tensor x) = 0;
    virtual torch::Tensor classifierWeight() const = 0; ///< W: [L, C]; undefined without classifier.

    /// Puts every batch normalisation into the convolution before it, which changes results by rounding alone.
    /// From then on the network can only be evaluated: neither trained nor written.
    virtual void foldNormalisation() = 0;

    torch::Tensor features(torch::Tensor x) { return forwardAll(std::move(x)).features; }
    torch::Tensor pooled(torch::Tensor x) { return forwardAll(std::move(x)).pooled; }
    torch::Tensor forward(torch::Tensor x) { return forwardAll(std::move(x)).logits; }

    const NetworkConfig &config() const { return m_config; }             ///< Complete: every default filled in.
    const std::string &normalisation() const { return m_normalisation; } ///< Preset of `models.md` 0.1.

protected:
    Network(NetworkConfig config, std::string normalisation)
        : m_config(std::move(config))
        , m_normalisation(std::move(normalisation))
    {
    }

private:
    NetworkConfig m_config;
    std::string m_normalisation;
};

/// Class activation maps M_j = sum over c of W[j,c] F_c, without bias, ReLU or softmax (`models.md` 2.2).
/// @param features  F: [N, C, h, w]
/// @param weight    W: [L, C]; pass it detached where the maps must not train the classifier
/// @return [N, L, h, w]
torch::Tensor classMaps(const torch::Tensor &features, const torch::Tensor &weight);

/// A freshly initialised network (the global torch generator decides the weights).
/// Fails with Invalid for an unknown name or option, or a value outside its range; the message lists what is possible.
Result<std::shared_ptr<Network>> makeNetwork(const NetworkConfig &config);

std::vector<std::string> networkNames();

/// The row of `mien networks` for exactly these settings (of a face detector's network: as it is): network, kind,
/// title, source, classes, input, parameters, trainable, buffers, options.
Result<nlohmann::json> describeNetwork(const NetworkConfig &config);

/// One row per network, trunk and network of a face detector that is built, with its defaults.
std::vector<nlohmann::json> networkCatalogue();

} // namespace mien
