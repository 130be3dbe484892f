#pragma once

#include "models/base/result.h"
#include "models/losses/cross_entropy.h"
#include "models/networks/network_input.h"

#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include <map>
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
    torch::Tensor features; ///< F: [N, C, h, w], the last feature map; of a transformer the patch tokens.
    torch::Tensor pooled;   ///< [N, D], the embedding: what the classifier sees, the mean of F over space if it can be.
    torch::Tensor logits;   ///< [N, L], their softmax is the prediction; undefined for a network without classifier.
    std::map<std::string, torch::Tensor> parts{}; ///< What a network's own loss and maps need besides, by its names.
};

/// What the loss of a batch depends on besides the batch.
struct LossSettings
{
    double lambda = 0;         ///< Weight of the attention consistency; 0: without.
    bool classifyBoth = false; ///< Of a pair, the second view is classified too: cross entropy is the mean of both.
    double labelSmoothing = 0;
    double progress = 1;          ///< Share of the training that is done, [0, 1].
    torch::Tensor classWeights{}; ///< [L], of the cross entropy; undefined: all classes alike.
    WeightedMean weighting = WeightedMean::BySumOfWeights;
    /// [N, L], rows that sum to 1: what the cross entropy learns in place of the labels; undefined: the labels.
    torch::Tensor targets{};

    /// What the cross entropy of the first views is to be given, of both views one behind the other.
    torch::Tensor targetsOr(const torch::Tensor &labels, bool bothViews) const;
};

/// Maps that belong to parts of a network instead of classes (`models.md` 8.4 to 8.6), by the names of `mien explain`.
struct PartMaps
{
    std::string kind;               ///< heads, queries, windows, …
    std::vector<std::string> names; ///< One a map: left_eye, …
    /// Of maps that are coarser than the finest: so many cells of the finest lie on one of theirs, in either direction.
    /// Empty: all are alike.
    std::vector<int> coarseness{};
};

/// Maps of parts of a network, as one forward pass has them.
struct PartViews
{
    torch::Tensor maps;   ///< [N, PartMaps::names.size(), h, w], any range; coarser maps with their cells repeated.
    torch::Tensor logits; ///< [N, L]
};

/// One of `networkNames()`: something between pictures and classes (`models.md` 1 to 6).
/// Belongs to the job that made it; not for use from two threads at once.
class Network : public torch::nn::Module
{
public:
    virtual NetworkViews forwardAll(NetworkInput faces) = 0;
    /// The same in evaluation where `features` are of no use: they may be undefined.
    virtual NetworkViews forwardPooled(NetworkInput faces) { return forwardAll(std::move(faces)); }

    /// W: [L, C], where class maps W F exist (`models.md` 2.2, 8.1): the logits are linear in the mean of F over space,
    /// or the network is trained for such maps. Undefined otherwise, and without classifier.
    virtual torch::Tensor classifierWeight() const { return {}; }

    /// Puts every batch normalisation into the convolution before it, which changes results by rounding alone; what
    /// has no such pair stays as it is. From then on the network can only be evaluated: neither trained nor written.
    virtual void foldNormalisation() {}

    /// What loss() needs: a forward pass of `samples` first views and, of pairs, as many second ones behind them.
    virtual NetworkViews forwardTraining(NetworkInput faces, std::int64_t samples, const LossSettings &settings);

    /// Loss of one batch, a scalar in fp32 (`models.md` 2.4): cross entropy of the first views (or of both) plus lambda
    /// times the flip consistency of pairs.
    /// @param labels  [N], class indices; what else a loss knows of classes, such as their centres, goes by them
    virtual torch::Tensor loss(const NetworkViews &views, const torch::Tensor &labels, const LossSettings &settings);

    /// Called after every update of the weights.
    virtual void afterStep() {}

    /// Faces of each class that startFrom() wants; 0: the network starts without data.
    virtual int startSamples() const { return 0; }

    /// Called once, in training mode, before the first step: places what starts from the training part's faces.
    /// @param labels  [N], class indices; of each class startSamples() faces, or all where there are fewer
    /// @param seed    of every draw
    virtual void startFrom(NetworkInput, const torch::Tensor & /*labels*/, std::uint64_t /*seed*/) {}

    /// Whether it reads `NetworkInput::landmarks`.
    virtual bool usesLandmarks() const { return false; }

    /// For learning rates that differ by depth and for training the head alone: layers are counted from the input, 0,
    /// to the head, layers() - 1. Here: everything but `fc` is the trunk.
    virtual int layers() const { return 2; }
    virtual int layerOf(const std::string &parameter) const { return parameter.starts_with("fc.") ? 1 : 0; }

    /// What the loss alone needs: parameters that are trained with the weights, and buffers. They belong neither to the
    /// network nor to its checkpoints, but to the state from which a training goes on. Null: nothing.
    const std::shared_ptr<torch::nn::Module> &lossState() const { return m_lossState; }

    /// What an optimiser steps over: parameters with a gradient, of the network and of lossState().
    std::vector<torch::Tensor> trainedParameters() const;

    /// Whether the logits are computed from `features`, so that they have a gradient there.
    virtual bool classifiesFeatures() const { return true; }

    /// Attention of every transformer block, [N, heads, T, T], rows query and columns keys, class token first; empty
    /// for a network without.
    virtual std::vector<torch::Tensor> attentions(NetworkInput) { return {}; }
    virtual bool hasAttention() const { return false; }
    /// What forwardPooled() gives, and attentions() in `weights`, the last of them maybe of the class token alone,
    /// [N, heads, 1, T]. One pass does for both where a network can.
    virtual NetworkViews forwardAttentive(NetworkInput faces, std::vector<torch::Tensor> &weights);

    /// What attentions() say of the patches as a map: [N, T - 1] to [N, h, w]; a square grid, row by row.
    virtual torch::Tensor patchMap(const torch::Tensor &patches) const;

    /// Where the patches are several maps of the face, one of each level: their names.
    virtual std::vector<std::string> patchLevels() const { return {}; }
    virtual torch::Tensor patchLevelMaps(const torch::Tensor &patches) const; ///< [N, T - 1] to [N, levels, h, w].

    /// Which patches of a face no token attends to, as patchMap() has them: [N, h, w], bool; undefined: all are seen.
    virtual torch::Tensor hiddenPatches(const NetworkInput &) const { return {}; }

    /// Kinds of maps of its parts; maybe none.
    virtual std::vector<PartMaps> partMaps() const { return {}; }
    /// @param kind  of one of partMaps()
    virtual PartViews partViews(NetworkInput faces, const std::string &kind);

    /// The layers that gradients are taken at (`models.md` 8.2), each [N, C, h, w]: of a forward pass, with its graph.
    virtual std::vector<torch::Tensor> explainedLayers(const NetworkViews &views) const { return {views.features}; }

    torch::Tensor features(NetworkInput faces) { return forwardAll(std::move(faces)).features; }
    torch::Tensor pooled(NetworkInput faces) { return forwardAll(std::move(faces)).pooled; }
    torch::Tensor forward(NetworkInput faces) { return forwardAll(std::move(faces)).logits; }

    const NetworkConfig &config() const { return m_config; }             ///< Complete: every default filled in.
    const std::string &normalisation() const { return m_normalisation; } ///< Preset of `models.md` 0.1.

protected:
    Network(NetworkConfig config, std::string normalisation)
        : m_config(std::move(config))
        , m_normalisation(std::move(normalisation))
    {
    }

    void keepLossState(std::shared_ptr<torch::nn::Module> state) { m_lossState = std::move(state); }

private:
    NetworkConfig m_config;
    std::string m_normalisation;
    std::shared_ptr<torch::nn::Module> m_lossState;
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
