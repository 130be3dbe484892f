#include "models/detect/mtcnn_stages.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <utility>

namespace mien {
namespace {

constexpr std::size_t kMostBatch = 32; // crops whose dense layers run together

PackedConvolution convolution(const WeightMap &weights, const std::string &layer, const std::string &slopes)
{
    const NamedTensor &weight = weights.at(layer + ".weight");
    return {std::size_t(weight.shape[1]),       std::size_t(weight.shape[0]),
            std::size_t(weight.shape[2]),       weight.values,
            weights.at(layer + ".bias").values, weights.at(slopes + ".weight").values};
}

/// Layers of the same inputs as one, their outputs side by side.
PackedConvolution joined(const WeightMap &weights, std::initializer_list<std::string> layers)
{
    std::vector<float> weight, bias;
    std::size_t in = 0;
    for (const std::string &layer : layers) {
        const NamedTensor &part = weights.at(layer + ".weight");
        in = std::size_t(part.shape[1]);
        weight.insert(weight.end(), part.values.begin(), part.values.end());
        const auto &more = weights.at(layer + ".bias").values;
        bias.insert(bias.end(), more.begin(), more.end());
    }
    return {in, bias.size(), 1, weight, bias, {}};
}

/// A dense layer after a map of side * side pixels. Its inputs are numbered column by column; the map lies row by row.
PackedConvolution dense(const WeightMap &weights, const std::string &layer, const std::string &slopes, std::size_t side)
{
    const NamedTensor &weight = weights.at(layer + ".weight");
    const auto out = std::size_t(weight.shape[0]), in = std::size_t(weight.shape[1]);
    const std::size_t channels = in / (side * side);
    std::vector<float> rowByRow(weight.values.size());
    for (std::size_t o = 0; o < out; ++o)
        for (std::size_t y = 0; y < side; ++y)
            for (std::size_t x = 0; x < side; ++x)
                std::copy_n(weight.values.begin() + std::ptrdiff_t(o * in + (x * side + y) * channels), channels,
                            rowByRow.begin() + std::ptrdiff_t(o * in + (y * side + x) * channels));
    return {in, out, 1, rowByRow, weights.at(layer + ".bias").values, weights.at(slopes + ".weight").values};
}

std::size_t pooledSide(std::size_t side, std::size_t pool) // stride 2, ceil mode
{
    return (side - pool + 1) / 2 + 1;
}

/// The largest of `pool` * `pool` pixels, two pixels apart; windows at the end may stick out.
void poolRow(const float *const *rows, std::size_t rowCount, std::size_t width, std::size_t pool, std::size_t channels,
             float *out)
{
    const std::size_t pooled = pooledSide(width, pool);
    for (std::size_t x = 0; x < pooled; ++x, out += channels) {
        const std::size_t first = 2 * x, end = std::min(first + pool, width);
        std::copy_n(rows[0] + first * channels, channels, out);
        for (std::size_t y = 0; y < rowCount; ++y)
            for (std::size_t i = first; i < end; ++i) {
                const float *in = rows[y] + i * channels;
                for (std::size_t c = 0; c < channels; ++c)
                    out[c] = std::max(out[c], in[c]);
            }
    }
}

FaceHeads headsOf(const float *values, bool hasLandmarks)
{
    FaceHeads heads;
    heads.noFace = values[0];
    heads.face = values[1];
    std::copy_n(values + 2, 4, heads.regression.begin());
    if (hasLandmarks)
        std::copy_n(values + 6, 10, heads.landmarks.begin());
    return heads;
}

/// The last three rows of a map, by row number.
class RowRing
{
public:
    explicit RowRing(std::size_t floats)
        : m_floats(floats)
        , m_rows(3 * floats)
    {
    }
    float *operator[](std::size_t row) { return m_rows.data() + row % 3 * m_floats; }

    /// Rows first, first + 1 and first + 2.
    std::array<const float *, 3> from(std::size_t first)
    {
        return {(*this)[first], (*this)[first + 1], (*this)[first + 2]};
    }

private:
    std::size_t m_floats;
    AlignedFloats m_rows;
};

} // namespace

float FaceHeads::probability() const
{
    const float most = std::max(noFace, face);
    const float a = std::exp(noFace - most), b = std::exp(face - most);
    return b / (a + b);
}

ProposalNetwork::ProposalNetwork(const WeightMap &pnet)
    : m_conv1(convolution(pnet, "conv1", "prelu1"))
    , m_conv2(convolution(pnet, "conv2", "prelu2"))
    , m_conv3(convolution(pnet, "conv3", "prelu3"))
    , m_heads(joined(pnet, {"conv4_1", "conv4_2"}))
{
}

FaceHeads ProposalNetwork::heads(const float *cell)
{
    return headsOf(cell, false);
}

ImageSize
ProposalNetwork::look(const RgbPicture &picture, ImageSize size,
                      const std::function<void(int row, std::span<const float> heads, std::size_t stride)> &take) const
{
    assert(size.width >= 12 && size.height >= 12);
    const auto height1 = std::size_t(size.height) - 2, width1 = std::size_t(size.width) - 2;
    const std::size_t pooledHeight = pooledSide(height1, 2), pooledWidth = pooledSide(width1, 2);
    const std::size_t width2 = pooledWidth - 2, width3 = pooledWidth - 4;
    const std::size_t stride1 = m_conv1.outStride(), stride2 = m_conv2.outStride(), stride3 = m_conv3.outStride();

    AreaRows resampled(picture, {0, 0, picture.width, picture.height}, size);
    RowRing input(std::size_t(size.width) * 3), first(width1 * stride1), pooled(pooledWidth * stride1),
        second(width2 * stride2);
    AlignedFloats third(width3 * stride3), cells(width3 * m_heads.outStride());

    std::size_t inputRows = 0;
    for (std::size_t row = 0; row < pooledHeight; ++row) {
        std::array<const float *, 2> unpooled{};
        std::size_t count = 0;
        for (std::size_t y = 2 * row; y < std::min(2 * row + 2, height1); ++y) {
            for (; inputRows < y + 3; ++inputRows)
                resampled.row(int(inputRows), input[inputRows]);
            m_conv1.row(input.from(y).data(), 3, width1, first[y]);
            unpooled[count++] = first[y];
        }
        poolRow(unpooled.data(), count, width1, 2, stride1, pooled[row]);
        if (row < 2)
            continue;
        m_conv2.row(pooled.from(row - 2).data(), stride1, width2, second[row - 2]);
        if (row < 4)
            continue;
        m_conv3.row(second.from(row - 4).data(), stride2, width3, third.data());
        const float *const thirdRow = third.data();
        m_heads.row(&thirdRow, stride3, width3, cells.data());
        take(int(row) - 4, {cells.data(), width3 * m_heads.outStride()}, m_heads.outStride());
    }
    return {int(width3), int(pooledHeight) - 4};
}

std::vector<Proposal> ProposalNetwork::proposals(const RgbPicture &picture, ImageSize full, double scale,
                                                 double threshold) const
{
    // Most cells are far from being a face: they are told by the logits alone.
    const double odds = threshold / std::max(1 - threshold, 1e-12);
    const auto leastDifference = float(std::log(std::max(odds, 1e-12)) - 1e-3);
    std::vector<Proposal> found;
    const ImageSize size{scaledSide(full.width, scale), scaledSide(full.height, scale)};
    look(picture, size, [&](int row, std::span<const float> cells, std::size_t stride) {
        const std::size_t columns = cells.size() / stride;
        for (std::size_t column = 0; column < columns; ++column) {
            const float *cell = cells.data() + column * stride;
            if (cell[1] - cell[0] < leastDifference)
                continue;
            const FaceHeads judged = heads(cell);
            if (const float probability = judged.probability(); probability >= float(threshold))
                found.push_back({cellBox(row, int(column), scale, probability), judged.regression});
        }
    });
    return found;
}

/// A map of a crop, channels of a pixel together.
struct CropNetwork::Map
{
    explicit Map(std::size_t floats)
        : values(floats)
    {
    }
    AlignedFloats values;
    std::size_t side = 0, stride = 0;

    float *row(std::size_t y) { return values.data() + y * side * stride; }
};

CropNetwork::CropNetwork(MtcnnStage stage, const WeightMap &weights)
    : m_hasLandmarks(stage == MtcnnStage::ONet)
{
    assert(stage != MtcnnStage::PNet);
    const auto add = [&](const std::string &n, int poolSide) {
        m_layers.push_back({convolution(weights, "conv" + n, "prelu" + n), poolSide});
    };
    add("1", 3);
    add("2", 3);
    if (stage == MtcnnStage::RNet) {
        m_sidePx = 24;
        add("3", 0);
        m_dense = dense(weights, "dense4", "prelu4", 3);
        m_heads = joined(weights, {"dense5_1", "dense5_2"});
        m_features = 576;
    } else {
        m_sidePx = 48;
        add("3", 2);
        add("4", 0);
        m_dense = dense(weights, "dense5", "prelu5", 3);
        m_heads = joined(weights, {"dense6_1", "dense6_2", "dense6_3"});
        m_features = 1152;
    }
}

/// The layers before the dense ones.
void CropNetwork::features(const float *crop, Map &from, Map &to, float *out) const
{
    from.side = std::size_t(m_sidePx);
    from.stride = 3;
    std::copy_n(crop, from.side * from.side * from.stride, from.values.data());
    for (const Layer &layer : m_layers) {
        to.side = from.side - layer.convolution.side() + 1;
        to.stride = layer.convolution.outStride();
        for (std::size_t y = 0; y < to.side; ++y) {
            std::array<const float *, 3> rows{};
            for (std::size_t ky = 0; ky < layer.convolution.side(); ++ky)
                rows[ky] = from.row(y + ky);
            layer.convolution.row(rows.data(), from.stride, to.side, to.row(y));
        }
        if (const auto pool = std::size_t(layer.poolSide); pool > 0) {
            from.side = pooledSide(to.side, pool);
            from.stride = to.stride;
            for (std::size_t y = 0; y < from.side; ++y) {
                std::array<const float *, 3> rows{};
                const std::size_t count = std::min(pool, to.side - 2 * y);
                for (std::size_t i = 0; i < count; ++i)
                    rows[i] = to.row(2 * y + i);
                poolRow(rows.data(), count, to.side, pool, to.stride, from.row(y));
            }
        } else {
            std::swap(from, to);
        }
    }
    assert(from.side * from.side * from.stride == m_features);
    std::copy_n(from.values.data(), m_features, out);
}

std::vector<FaceHeads> CropNetwork::judge(std::span<const float> crops) const
{
    const std::size_t cropFloats = std::size_t(m_sidePx) * std::size_t(m_sidePx) * 3;
    const std::size_t count = crops.size() / cropFloats, batch = std::min(count, kMostBatch);
    assert(crops.size() % cropFloats == 0);
    std::vector<FaceHeads> result;
    result.reserve(count);
    if (count == 0)
        return result;
    const std::size_t largest =
        std::size_t(m_sidePx) * std::size_t(m_sidePx) * m_layers.front().convolution.outStride();
    Map from(largest), to(largest);
    AlignedFloats flat(batch * m_features), hidden(batch * m_dense.outStride()), heads(batch * m_heads.outStride());
    for (std::size_t done = 0; done < count; done += batch) {
        const std::size_t now = std::min(batch, count - done);
        for (std::size_t i = 0; i < now; ++i)
            features(crops.data() + (done + i) * cropFloats, from, to, flat.data() + i * m_features);
        const float *row = flat.data();
        m_dense.row(&row, m_features, now, hidden.data());
        row = hidden.data();
        m_heads.row(&row, m_dense.outStride(), now, heads.data());
        for (std::size_t i = 0; i < now; ++i)
            result.push_back(headsOf(heads.data() + i * m_heads.outStride(), m_hasLandmarks));
    }
    return result;
}

} // namespace mien
