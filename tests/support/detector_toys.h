#pragma once

#include "models/detect/mtcnn_weights.h"
#include "models/detect/rgb_picture.h"

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace mien::test {

/// Every tensor of the stage with random values.
inline WeightMap randomWeights(MtcnnStage stage, unsigned seed)
{
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    WeightMap weights;
    for (const WeightShape &wanted : weightShapes(stage)) {
        std::size_t count = 1;
        for (const std::int64_t side : wanted.shape)
            count *= std::size_t(side);
        const float scale = 1.4f / std::sqrt(float(count) / float(wanted.shape[0]));
        std::vector<float> values(count);
        for (float &value : values)
            value = normal(random) * scale;
        weights.emplace(wanted.name, NamedTensor{std::string(wanted.name), wanted.shape, std::move(values)});
    }
    return weights;
}

/// A picture of noise; its pixels live as long as it.
struct Noise
{
    std::vector<std::uint8_t> pixels;
    RgbPicture picture;

    Noise(int width, int height, unsigned seed = 5)
        : pixels(std::size_t(width) * std::size_t(height) * 3)
    {
        std::mt19937 random(seed);
        for (std::uint8_t &value : pixels)
            value = std::uint8_t(random());
        picture = {pixels, width, height};
    }
    Noise(const Noise &) = delete;
    Noise &operator=(const Noise &) = delete;
};

} // namespace mien::test
