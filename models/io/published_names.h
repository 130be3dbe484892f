#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mien {

/// A tensor of a file, or a parameter or buffer of a network.
struct NamedShape
{
    std::string name;
    std::vector<std::int64_t> shape;
};

/// What is done to published values on their way into a network.
enum class WeightChange {
    None,
    Reshape,         ///< Same values in the same order, as [out, in, 1, 1] or [out, C, h, w] to [out, C h w].
    TransposeDense,  ///< [in, out] to [out, in].
    KernelLast,      ///< Keras' [h, w, in, out] to [out, in, h, w].
    DepthwiseKernel, ///< Keras' [h, w, C, m] to [C m, 1, h, w].
    ResizePositions  ///< [1, 1 + t^2, D] to [1, 1 + T^2, D]: the class row is kept, the grid is resampled bicubically.
};

struct WeightMove
{
    std::size_t stored = 0; ///< Index in the file.
    std::size_t own = 0;    ///< Index in the network.
    WeightChange change = WeightChange::None;
};

/// How the names of a file and of a network meet. Indices are of the file, of `missing` of the network.
struct NameMatch
{
    std::string convention; ///< Whose names the file has, where they are not the network's own; else empty.
    std::string part;       ///< What part of the network they are for, "features."; empty: the whole.
    std::vector<WeightMove> moves;
    std::vector<std::size_t> missing;
    std::vector<std::size_t> unexpected; ///< The network has no such tensor.
    std::vector<std::size_t> mismatched; ///< It has, of another shape.
    std::vector<std::size_t> dropped; ///< Published, but never evaluated or computed anew (`models.md` 1.6, 1.7, 4.2).
};

/// Finds out by which names a file was written: the network's own (those of torchvision, timm and the public code that
/// `models.md` names), or
///  - torchvision's of a ViT (1.3), timm's of VGG (1.2), Keras' (1.4, 1.5), ARBEx' of MobileFaceNet (1.7),
///  - ResNet's where the network has it as a sequence (DAN, 3.2),
/// each for the whole network or for one of its parts ("ir_back.", "encoder."); what makes most tensors meet is taken.
/// A leading `module.` is ignored. Tables of positions meet with another side of the grid, too.
/// `num_batches_tracked` is never missing.
NameMatch matchPublishedNames(std::span<const NamedShape> stored, std::span<const NamedShape> own);

} // namespace mien
