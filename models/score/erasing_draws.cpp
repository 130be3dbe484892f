#include "models/score/erasing_draws.h"

#include <algorithm>
#include <vector>

namespace mien {

namespace {

constexpr std::uint64_t kScoreErasing = 0x73636f7265; // operator index, apart from those of training

} // namespace

ErasingDraws::ErasingDraws(std::uint64_t runSeed, Erasing recipe)
    : m_seed(runSeed)
    , m_recipe(recipe)
{
    m_recipe.probability = 1;
}

void ErasingDraws::erase(std::span<float> view, int channels, int side, std::int64_t sample, int number) const
{
    CounterRandom random(m_seed, std::uint64_t(number), std::uint64_t(sample), kScoreErasing);
    eraseRandomly(view, channels, side, m_recipe, random);
}

torch::Tensor ErasingDraws::draw(const torch::Tensor &inputs, std::span<const std::int64_t> samples, int number) const
{
    if (number == 0)
        return inputs;
    torch::Tensor erased = inputs.clone();
    const auto channels = int(inputs.size(1));
    const auto side = int(inputs.size(2));
    const std::size_t size = std::size_t(channels) * side * side;
    for (std::size_t i = 0; i < samples.size(); ++i)
        erase({erased.data_ptr<float>() + i * size, size}, channels, side, samples[i], number);
    return erased;
}

std::array<float, 4> ErasingDraws::erased(std::int64_t sample, int number, int side) const
{
    if (number == 0)
        return {};
    // The rectangle does not depend on what it erases.
    std::vector<float> ones(std::size_t(side) * std::size_t(side), 1.f);
    erase(ones, 1, side, sample, number);
    int left = side, top = side, right = 0, bottom = 0;
    for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x)
            if (ones[std::size_t(y) * std::size_t(side) + std::size_t(x)] == 0.f) {
                left = std::min(left, x);
                top = std::min(top, y);
                right = std::max(right, x + 1);
                bottom = std::max(bottom, y + 1);
            }
    if (right == 0)
        return {};
    const float unit = 1.f / float(side);
    return {float(left) * unit, float(top) * unit, float(right - left) * unit, float(bottom - top) * unit};
}

} // namespace mien
