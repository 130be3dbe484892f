#pragma once

#include "models/backbones/transformer_block.h"
#include "models/networks/network_plan.h"

#include <memory>
#include <string>
#include <vector>

namespace mien {

struct MaskedAutoencoderLayout
{
    int patch = 8; ///< P: the side is a multiple of it.
    int width = 128, blocks = 6, heads = 4;
    int decoderWidth = 64, decoderBlocks = 2, decoderHeads = 4; ///< No decoder where there are no blocks.
    double mlpRatio = 4;
    double eps = 1e-6; ///< Of layer normalisations.
    double maskRatio = 0.5;
    double dropPath = 0;        ///< Of the encoder.
    bool meanOfPatches = false; ///< The classifier sees the mean of the patch tokens, not the class token.
    bool queryMask = false;     ///< Q mask: the classifier's encoder attends to eyes, nose and mouth alone.
    bool dynamicMask = false;   ///< Where they lie in each face, not where they lie in most.
    double pretrain = 0.5;      ///< Share of a training that reconstructs before the classifier is trained.
    bool combine = false;       ///< It goes on reconstructing beside that: both losses are added.
    bool normPixels = true;     ///< Targets of a patch are brought to mean 0, deviation 1.
    std::string projectionName = "proj", qkvName = "qkv", attentionProjectionName = "proj", headName = "head";
};

/// Fixed positions of a square grid (`models.md` 5.1): [1, grid^2 + 1, width], class row 0; columns before rows, sines
/// before cosines, computed in double. `width` is a multiple of 4.
torch::Tensor sineCosinePositions(int grid, int width);

/// [N, 3, H, W] as [N, T, P^2 * 3]: row in the patch, column in the patch, channel.
torch::Tensor patchesOf(const torch::Tensor &images, int patch);
torch::Tensor imagesOf(const torch::Tensor &patches, int patch); ///< Its inverse, of a square grid.

/// Whether a network of these settings learns to draw what is hidden; one that is no masked auto-encoder does not.
bool learnsToReconstruct(const NetworkConfig &config);
/// Whether it learns nothing else: `pretrain` of 1.
bool learnsOnlyToReconstruct(const NetworkConfig &config);

/// What is hidden from the encoder.
struct PatchMask
{
    torch::Tensor kept;    ///< [N, keep] indices of patches, in order of their noise.
    torch::Tensor restore; ///< [N, T]: where in [kept, removed] each patch stands.
    torch::Tensor removed; ///< [N, T]: 1 for removed, 0 for kept.
};

/// Keeps the floor(T * (1 - ratio)) patches of the least noise.
/// @param noise  [N, T]
PatchMask maskByNoise(const torch::Tensor &noise, double ratio);

/// Mean squared error of each patch, [N, T]; of normalised pixels 0 is perfect, and 1 what the mean of a patch scores.
/// @param predicted, patches  [N, T, P^2 * 3]
torch::Tensor reconstructionError(const torch::Tensor &predicted, const torch::Tensor &patches, bool normPixels);

/// That error, averaged over the removed patches only.
torch::Tensor reconstructionLoss(const torch::Tensor &predicted, const torch::Tensor &patches,
                                 const torch::Tensor &removed, bool normPixels);

/// A face as the decoder draws it from the patches that were kept.
struct Reconstruction
{
    torch::Tensor images;  ///< [N, C, H, W], normalised as the input; kept patches are the input's own.
    torch::Tensor removed; ///< [N, g, g], 1 for removed patches, 0 for kept ones.
    torch::Tensor error;   ///< [N, g, g], reconstructionError(); of kept patches, which nothing asked for, too.
};

/// 1 for the cells of a g x g grid whose centre lies in part 1 (left eye), 3 (right eye), 5 (nose) or 8 (mouth) of 3 x
/// 3 parts counted row by row, 0 for the others; the class token, 1, first (`models.md` 5.3): [g * g + 1].
torch::Tensor faceQueryMask(int grid);

/// The same for each face by its boxes of eyes, nose and mouth (the `dynamic` mode of 5.3): a cell is kept if its
/// centre lies in a box. Ours: the cell that holds the centre of a box is kept, too, so that no part is lost between
/// the centres of coarse cells.
/// @param boxes  [N, K, 4]: x1, y1, x2, y2 in pixels
/// @param side   of the image in pixels
/// @return [N, g * g + 1], bool
torch::Tensor boxQueryMask(const torch::Tensor &boxes, int grid, int side);

/// Masked auto-encoder (`models.md` 5.1): an encoder that sees some patches, a decoder that draws the others, and for
/// classes (5.2, 5.3) a linear layer on the encoder of the whole face. Names as the public code of the layout writes
/// them.
class MaskedAutoencoder : public Network
{
public:
    MaskedAutoencoder(NetworkConfig config, const MaskedAutoencoderLayout &layout);

    NetworkViews forwardAll(NetworkInput faces) override;
    int layers() const override { return m_layout.blocks + 2; }
    int layerOf(const std::string &parameter) const override { return transformerLayer(parameter, m_layout.blocks); }
    std::vector<torch::Tensor> attentions(NetworkInput faces) override;
    bool hasAttention() const override { return true; }
    bool usesLandmarks() const override { return m_layout.dynamicMask; }
    bool classifiesFeatures() const override { return m_layout.meanOfPatches; }
    NetworkViews forwardTraining(NetworkInput faces, std::int64_t samples, const LossSettings &settings) override;
    torch::Tensor loss(const NetworkViews &views, const torch::Tensor &labels, const LossSettings &settings) override;

    torch::Tensor encode(const NetworkInput &faces);                          ///< Unmasked, normed: [N, T + 1, D].
    torch::Tensor encode(const torch::Tensor &images, const PatchMask &mask); ///< Normed: [N, keep + 1, D].
    torch::Tensor decode(const torch::Tensor &latent, const PatchMask &mask); ///< [N, T, P^2 * 3].
    torch::Tensor hiddenPatches(const NetworkInput &faces) const override;    ///< Of the Q mask.
    const MaskedAutoencoderLayout &layout() const { return m_layout; }

    int patches() const; ///< T, of a face.
    /// Draws what is removed; where pixels are normalised by patch, with the mean and the deviation that the patch
    /// itself has.
    /// @param noise  [N, T]: those of the most noise are removed, as many as in the training
    Reconstruction reconstruct(const torch::Tensor &images, const torch::Tensor &noise);

private:
    torch::Tensor attended(const NetworkInput &faces) const; ///< Keys of the Q mask, [T + 1] or [N, T + 1]; undefined.
    torch::Tensor patchTokens(const torch::Tensor &images);
    torch::Tensor behindClassToken(const torch::Tensor &patches) const; ///< [N, n + 1, D]

    MaskedAutoencoderLayout m_layout;
    torch::Tensor m_classToken, m_positions, m_queryMask;
    std::shared_ptr<PatchEmbedding> m_patches;
    std::shared_ptr<TransformerBlocks> m_blocks, m_decoderBlocks;
    torch::nn::LayerNorm m_norm{nullptr}, m_decoderNorm{nullptr};
    torch::nn::Linear m_head{nullptr}, m_decoderEmbed{nullptr}, m_prediction{nullptr};
    torch::Tensor m_maskToken, m_decoderPositions;
};

/// The encoder of mae-visi alone, for networks that look at faces by it.
MaskedAutoencoderLayout visiEncoderLayout(bool tiny);

/// mae-base, mae-grid9, mae-visi, qmask.
std::vector<NetworkPlan> maskedAutoencoderPlans();

} // namespace mien
