#pragma once

#include "models/detect/area_resample.h"
#include "models/detect/face_boxes.h"
#include "models/detect/mtcnn_weights.h"
#include "models/detect/packed_convolution.h"

#include <functional>
#include <span>
#include <vector>

namespace mien {

/// MTCNN's networks as they run in the detector: the layers of mtcnn_networks.h on packed_convolution.h, without
/// LibTorch. Made from complete weights (checkWeights()). Immutable: usable from several threads.

/// What the heads say of one window or crop, before the softmax.
struct FaceHeads
{
    float noFace = 0, face = 0; ///< Logits.
    BoxRegression regression{};
    std::array<float, 10> landmarks{}; ///< ONet: five x, then five y as shares of the box.

    float probability() const; ///< Of a face.
};

/// PNet over a whole picture, a row of its map at a time: the maps between the layers are never larger than three rows.
class ProposalNetwork
{
public:
    explicit ProposalNetwork(const WeightMap &pnet);

    /// Looks at the picture resampled to `size` (at least 12 by 12).
    /// @param take  called for every cell of the map, row by row
    /// @return the map's size: ceil((side - 2) / 2) - 4
    ImageSize look(const RgbPicture &picture, ImageSize size,
                   const std::function<void(int row, std::span<const float> heads, std::size_t stride)> &take) const;

    /// Cells with a probability of at least `threshold` at this scale of the pyramid, row by row.
    /// @param picture  as large as `full`, whose pixels the boxes are told in, or a smaller copy of it
    std::vector<Proposal> proposals(const RgbPicture &picture, ImageSize full, double scale, double threshold) const;

    static FaceHeads heads(const float *cell);

private:
    PackedConvolution m_conv1, m_conv2, m_conv3, m_heads;
};

/// RNet or ONet: judges crops.
class CropNetwork
{
public:
    CropNetwork(MtcnnStage stage, const WeightMap &weights);

    int sidePx() const { return m_sidePx; } ///< 24 or 48.

    /// @param crops  count * side * side * 3 floats, RGB interleaved, (u - 127.5) / 128
    std::vector<FaceHeads> judge(std::span<const float> crops) const;

private:
    struct Layer
    {
        PackedConvolution convolution;
        int poolSide = 0; ///< 0: no pool.
    };
    struct Map;

    void features(const float *crop, Map &from, Map &to, float *out) const;

    int m_sidePx = 0;
    std::size_t m_features = 0;
    bool m_hasLandmarks = false;
    std::vector<Layer> m_layers;
    PackedConvolution m_dense, m_heads;
};

} // namespace mien
