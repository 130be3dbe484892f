#include "models/train/preprocessing.h"

#include "models/base/fingerprint.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace mien {

nlohmann::json Preprocessing::toJson() const
{
    return {{"preset", preset}, {"channels", channels}, {"side", side}, {"mean", mean}, {"deviation", deviation}};
}

std::string Preprocessing::hash() const
{
    return Fingerprint().add(toJson().dump()).hex();
}

Result<Preprocessing> Preprocessing::fromJson(const nlohmann::json &json)
{
    Preprocessing result;
    try {
        result.preset = json.at("preset").get<std::string>();
        result.channels = json.at("channels").get<int>();
        result.side = json.at("side").get<int>();
        result.mean = json.at("mean").get<std::array<float, 3>>();
        result.deviation = json.at("deviation").get<std::array<float, 3>>();
    } catch (const nlohmann::json::exception &error) {
        return fail(ErrorCode::Invalid, std::string("the preprocessing is incomplete (") + error.what() + ")");
    }
    const bool finite = std::all_of(result.mean.begin(), result.mean.end(), [](float m) { return std::isfinite(m); }) &&
                        std::all_of(result.deviation.begin(), result.deviation.end(),
                                    [](float d) { return std::isfinite(d) && d > 0; });
    if ((result.channels != 1 && result.channels != 3) || result.side < 1 || result.side > 4096 || !finite)
        return fail(ErrorCode::Invalid, "the preprocessing has channels, side, mean or deviation out of range");
    return result;
}

Result<Preprocessing> presetPreprocessing(const std::string &preset, int channels, int side)
{
    Preprocessing result{preset, channels, side, {0, 0, 0}, {1, 1, 1}};
    if (preset == "imagenet") {
        result.mean = {0.485f, 0.456f, 0.406f};
        result.deviation = {0.229f, 0.224f, 0.225f};
    } else if (preset == "pm1") {
        result.mean = {0.5f, 0.5f, 0.5f};
        result.deviation = {0.5f, 0.5f, 0.5f};
    } else if (preset == "raw255") {
        result.deviation = {1 / 255.f, 1 / 255.f, 1 / 255.f};
    } else if (preset != "unit") {
        return fail(ErrorCode::Invalid,
                    "there is no normalisation \"" + preset + "\"; possible are imagenet, unit, pm1, raw255");
    }
    return result;
}

Preprocessing measuredPreprocessing(const TrainingPack &pack, std::span<const std::int64_t> rows, int channels,
                                    int side)
{
    // Whole numbers: the sums do not depend on the order of the rows.
    std::array<std::uint64_t, 3> sum = {};
    std::array<std::uint64_t, 3> squares = {};
    const std::size_t plane = pack.imageBytes() / std::size_t(pack.channels());
    for (const std::int64_t row : rows) {
        const auto pixels = pack.pixels(std::size_t(row));
        for (int channel = 0; channel < pack.channels(); ++channel) {
            std::uint64_t planeSum = 0;
            std::uint64_t planeSquares = 0;
            for (const std::uint8_t value : pixels.subspan(plane * std::size_t(channel), plane)) {
                planeSum += value;
                planeSquares += std::uint32_t(value) * value;
            }
            sum[std::size_t(channel)] += planeSum;
            squares[std::size_t(channel)] += planeSquares;
        }
    }
    Preprocessing result{"dataset", channels, side, {0, 0, 0}, {1, 1, 1}};
    const double number = std::max(1.0, double(rows.size()) * double(plane));
    for (std::size_t channel = 0; channel < 3; ++channel) {
        const std::size_t source = pack.channels() == 3 ? channel : 0;
        const double mean = double(sum[source]) / number;
        const double variance = double(squares[source]) / number - mean * mean;
        result.mean[channel] = float(mean / 255);
        result.deviation[channel] = float(std::max(std::sqrt(std::max(variance, 0.0)), 1.0) / 255);
    }
    if (channels == 1 && pack.channels() == 3) { // grey input from colour crops: the mean of the three
        result.mean.fill((result.mean[0] + result.mean[1] + result.mean[2]) / 3);
        result.deviation.fill((result.deviation[0] + result.deviation[1] + result.deviation[2]) / 3);
    }
    return result;
}

InputTransform::InputTransform(const Preprocessing &preprocessing, int sourceChannels, int sourceSide)
    : m_preprocessing(preprocessing)
    , m_sourceChannels(sourceChannels)
    , m_sourceSide(sourceSide)
{
    for (std::size_t channel = 0; channel < 3; ++channel)
        for (int value = 0; value < 256; ++value)
            m_table[channel][std::size_t(value)] =
                (float(value) / 255.f - preprocessing.mean[channel]) / preprocessing.deviation[channel];
}

std::size_t InputTransform::inputSize() const
{
    return std::size_t(m_preprocessing.channels) * m_preprocessing.side * m_preprocessing.side;
}

std::vector<std::uint8_t> InputTransform::resized(std::span<const std::uint8_t> crop) const
{
    if (m_preprocessing.side == m_sourceSide)
        return {crop.begin(), crop.end()};
    const int side = m_preprocessing.side;
    const int last = m_sourceSide - 1;
    const double scale = double(m_sourceSide) / side;
    std::vector<std::uint8_t> result(std::size_t(m_sourceChannels) * side * side);
    for (int channel = 0; channel < m_sourceChannels; ++channel) {
        const std::uint8_t *source = crop.data() + std::size_t(channel) * m_sourceSide * m_sourceSide;
        std::uint8_t *target = result.data() + std::size_t(channel) * side * side;
        for (int y = 0; y < side; ++y) {
            const double sourceY = std::max(0.0, (y + 0.5) * scale - 0.5);
            const int top = std::min(int(sourceY), last);
            const int bottom = std::min(top + 1, last);
            const double downShare = sourceY - top;
            for (int x = 0; x < side; ++x) {
                const double sourceX = std::max(0.0, (x + 0.5) * scale - 0.5);
                const int left = std::min(int(sourceX), last);
                const int right = std::min(left + 1, last);
                const double rightShare = sourceX - left;
                const auto at = [&](int row, int column) { return double(source[row * m_sourceSide + column]); };
                const double upper = at(top, left) + (at(top, right) - at(top, left)) * rightShare;
                const double lower = at(bottom, left) + (at(bottom, right) - at(bottom, left)) * rightShare;
                target[y * side + x] = std::uint8_t(upper + (lower - upper) * downShare + 0.5);
            }
        }
    }
    return result;
}

void InputTransform::normalise(std::span<const std::uint8_t> sized, std::span<float> target, bool mirrored) const
{
    const int side = m_preprocessing.side;
    const std::size_t plane = std::size_t(side) * side;
    for (int channel = 0; channel < m_preprocessing.channels; ++channel) {
        float *out = target.data() + plane * std::size_t(channel);
        const auto &table = m_table[std::size_t(channel)];
        const bool greyFromColour = m_preprocessing.channels == 1 && m_sourceChannels == 3;
        const std::uint8_t *in = sized.data() + (m_sourceChannels == 3 ? plane * std::size_t(channel) : 0);
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x) {
                const std::size_t from = std::size_t(y) * side + std::size_t(mirrored ? side - 1 - x : x);
                const std::uint8_t value = // ITU-R 601 luma, in 1/256
                    greyFromColour
                        ? std::uint8_t(
                              (77 * sized[from] + 150 * sized[plane + from] + 29 * sized[2 * plane + from] + 128) >> 8)
                        : in[from];
                out[std::size_t(y) * side + std::size_t(x)] = table[value];
            }
    }
}

} // namespace mien
