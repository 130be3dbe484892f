#pragma once

#include "models/backbones/normalised_convolution.h"
#include "models/backbones/trunk_network.h"

#include <memory>
#include <string>
#include <vector>

namespace mien {

struct InceptionV3Layout
{
    bool auxiliaryClassifier = false; ///< `AuxLogits`, halfway; used in training only.
    int widthDivisor = 1;       ///< Of every width, for a narrow copy: 1, 2, 4 or 8, but 8 gives 6 channels least.
    bool secondStemPool = true; ///< Without it a small picture has a map left for the last blocks.
};

/// Convolution, batch normalisation with eps 1e-3, ReLU: names `conv bn`.
class InceptionConvolution : public torch::nn::Module
{
public:
    explicit InceptionConvolution(torch::nn::Conv2dOptions options);
    torch::Tensor forward(const torch::Tensor &x);
    void foldNormalisation() { m_convolution.fold(*this); }

private:
    NormalisedConvolution m_convolution;
};

/// Branches side by side on one map, their outputs one behind the other.
class InceptionBlock : public torch::nn::Module
{
public:
    enum class Pool {
        None,
        Average,
        Max
    }; ///< 3x3: average keeps the map's size and counts zeros around it, max halves.

    /// One convolution of a branch.
    struct Step
    {
        std::string name;
        int width;
        int rows = 1, columns = 1; ///< Of its kernel.
        int stride = 1;            ///< 1: the map keeps its size; 2: without padding.
    };

    explicit InceptionBlock(int in)
        : m_in(in)
    {
    }

    /// A pool, then convolutions; in the end, where there are `ends`, several of them on the same map.
    void addBranch(Pool pool, const std::vector<Step> &steps, const std::vector<Step> &ends = {});

    torch::Tensor forward(const torch::Tensor &x);
    int outChannels() const { return m_out; }

private:
    using Chain = std::vector<std::shared_ptr<InceptionConvolution>>;
    struct Branch
    {
        Pool pool;
        Chain steps, ends;
    };

    std::shared_ptr<InceptionConvolution> addStep(const Step &step, int in);

    int m_in, m_out = 0;
    std::vector<Branch> m_branches;
};

/// InceptionV3 (`models.md` 1.8) under torchvision's names. Takes [N, 3, H, W] in [-1, 1] of at least 75 pixels, with
/// an auxiliary classifier of at least 299 in training; the last map at 224 is [N, 2048, 5, 5]. 27,161,264 parameters
/// at 1000 classes with the auxiliary classifier, whose cross entropy counts 0.4 in the loss. Initialised as 0.5 says
/// for convolutions.
class InceptionV3 : public TrunkNetwork
{
public:
    InceptionV3(NetworkConfig config, const InceptionV3Layout &layout);

    NetworkViews forwardAll(NetworkInput faces) override; ///< Its parts in training: `auxiliary`, logits [N, L].
    torch::Tensor loss(const NetworkViews &views, const torch::Tensor &labels, const LossSettings &settings) override;
    void foldNormalisation() override;

protected:
    torch::Tensor lastMap(torch::Tensor images) override { return secondHalf(firstHalf(std::move(images))); }

private:
    torch::Tensor firstHalf(torch::Tensor x); ///< Until `Mixed_6e`.
    torch::Tensor secondHalf(torch::Tensor x);
    torch::Tensor auxiliaryLogits(const torch::Tensor &middle);

    bool m_secondStemPool;
    std::vector<std::shared_ptr<InceptionConvolution>> m_stem;
    std::vector<std::shared_ptr<InceptionBlock>> m_first, m_second;
    std::vector<std::shared_ptr<InceptionConvolution>> m_auxiliary;
    torch::nn::Linear m_auxiliaryClassifier{nullptr};
};

} // namespace mien
