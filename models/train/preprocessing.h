#pragma once

#include "models/base/result.h"
#include "models/io/face_landmarks.h"
#include "models/io/training_pack.h"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mien {

/// How stored pixels become the numbers that a network sees: size, channels, (u / 255 - mean) / std.
/// A checkpoint carries it, so that `predict` and every score repeat it exactly.
struct Preprocessing
{
    std::string preset = "dataset"; ///< `models.md` 0.1, or `dataset`: mean and deviation of the training part.
    int channels = 1;               ///< Of the network's input: 1 or 3.
    int side = 48;
    std::array<float, 3> mean = {0, 0, 0};
    std::array<float, 3> deviation = {1, 1, 1};

    std::string hash() const; ///< 16 hex digits; equal for equal treatment.
    nlohmann::json toJson() const;
    static Result<Preprocessing> fromJson(const nlohmann::json &json);
};

/// A preset of `models.md` 0.1 (imagenet, unit, pm1, raw255). Fails with Invalid, naming them.
Result<Preprocessing> presetPreprocessing(const std::string &preset, int channels, int side);

/// Mean and deviation of the given rows. Depends on pixels alone, never on labels.
Preprocessing measuredPreprocessing(const TrainingPack &pack, std::span<const std::int64_t> rows, int channels,
                                    int side);

/// Turns stored crops into network input. Immutable once made; safe from any number of threads.
class InputTransform
{
public:
    /// @param sourceChannels, sourceSide  of the stored crops
    InputTransform(const Preprocessing &preprocessing, int sourceChannels, int sourceSide);

    std::size_t inputSize() const; ///< Floats of one input: channels * side * side.

    /// Brings a crop to the input's side (half-pixel bilinear) without changing channels.
    /// @return sourceChannels * side * side bytes
    std::vector<std::uint8_t> resized(std::span<const std::uint8_t> crop) const;

    /// Where points of a crop lie once it is resized().
    FaceLandmarks resized(const FaceLandmarks &points) const
    {
        return scaled(points, double(m_preprocessing.side) / m_sourceSide);
    }

    /// Normalises a crop that already has the input's side.
    /// @param target  inputSize() floats, planar; one source channel fills all three where the network takes three
    void normalise(std::span<const std::uint8_t> sized, std::span<float> target, bool mirrored = false) const;

    int sourceChannels() const { return m_sourceChannels; }
    int sourceSide() const { return m_sourceSide; }
    const Preprocessing &preprocessing() const { return m_preprocessing; }

private:
    Preprocessing m_preprocessing;
    int m_sourceChannels;
    int m_sourceSide;
    std::array<std::array<float, 256>, 3> m_table; // value of a byte, by channel
};

} // namespace mien
