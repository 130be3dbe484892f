#include "models/train/colour_jitter.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace mien {

namespace {

float grey(float red, float green, float blue)
{
    return 0.299f * red + 0.587f * green + 0.114f * blue;
}

float blended(float value, float other, float factor)
{
    return std::clamp(factor * value + (1 - factor) * other, 0.f, 255.f);
}

float meanGrey(std::span<const float> values, std::size_t plane, int channels)
{
    double sum = 0;
    for (std::size_t i = 0; i < plane; ++i)
        sum += channels == 3 ? grey(values[i], values[plane + i], values[2 * plane + i]) : values[i];
    return float(sum / double(plane));
}

void saturate(std::span<float> values, std::size_t plane, float factor)
{
    for (std::size_t i = 0; i < plane; ++i) {
        const float other = grey(values[i], values[plane + i], values[2 * plane + i]);
        for (std::size_t channel = 0; channel < 3; ++channel)
            values[channel * plane + i] = blended(values[channel * plane + i], other, factor);
    }
}

void turnHue(std::span<float> values, std::size_t plane, float shift)
{
    for (std::size_t i = 0; i < plane; ++i) {
        const float red = values[i], green = values[plane + i], blue = values[2 * plane + i];
        const float value = std::max({red, green, blue});
        const float chroma = value - std::min({red, green, blue});
        if (chroma <= 0)
            continue; // grey has no hue
        float sixths = 4 + (red - green) / chroma;
        if (value == red)
            sixths = (green - blue) / chroma;
        else if (value == green)
            sixths = 2 + (blue - red) / chroma;
        sixths += 6 * shift + 12; // positive, whatever the shift
        // HSV to RGB without its six cases: each channel is a trapezium over the hue, red's a third of a turn before.
        for (const auto &[channel, phase] : {std::pair(0, 5.f), std::pair(1, 3.f), std::pair(2, 1.f)}) {
            const float at = std::fmod(sixths + phase, 6.f);
            values[std::size_t(channel) * plane + i] = value - chroma * std::clamp(std::min(at, 4 - at), 0.f, 1.f);
        }
    }
}

} // namespace

ColourChange ColourJitter::drawn(CounterRandom &random) const
{
    ColourChange change;
    for (std::size_t i = change.order.size(); i > 1; --i)
        std::swap(change.order[i - 1], change.order[random.below(i)]);
    const auto factor = [&](double spread) { return random.uniform(std::max(0.0, 1 - spread), 1 + spread); };
    change.brightness = factor(brightness);
    change.contrast = factor(contrast);
    change.saturation = factor(saturation);
    change.hue = random.uniform(-hue, hue);
    return change;
}

void changeColours(std::span<std::uint8_t> picture, int channels, const ColourChange &change)
{
    const std::size_t plane = picture.size() / std::size_t(channels);
    std::vector<float> values(picture.begin(), picture.end());
    for (const ColourOperation operation : change.order) {
        switch (operation) {
        case ColourOperation::Brightness:
            for (float &value : values)
                value = blended(value, 0, float(change.brightness));
            break;
        case ColourOperation::Contrast: {
            const float mean = meanGrey(values, plane, channels);
            for (float &value : values)
                value = blended(value, mean, float(change.contrast));
            break;
        }
        case ColourOperation::Saturation:
            if (channels == 3)
                saturate(values, plane, float(change.saturation));
            break;
        case ColourOperation::Hue:
            if (channels == 3 && change.hue != 0)
                turnHue(values, plane, float(change.hue));
            break;
        }
    }
    std::transform(values.begin(), values.end(), picture.begin(),
                   [](float value) { return std::uint8_t(std::lround(value)); });
}

} // namespace mien
