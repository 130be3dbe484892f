#include "models/score/erasing_draws.h"

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

torch::Tensor ErasingDraws::draw(const torch::Tensor &inputs, std::span<const std::int64_t> samples, int number,
                                 std::span<ErasedBox> boxes) const
{
    if (number == 0)
        return inputs;
    torch::Tensor erased = inputs.clone();
    const auto channels = int(inputs.size(1));
    const auto side = int(inputs.size(2));
    const std::size_t size = std::size_t(channels) * side * side;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        CounterRandom random(m_seed, std::uint64_t(number), std::uint64_t(samples[i]), kScoreErasing);
        const ErasedBox box =
            eraseRandomly({erased.data_ptr<float>() + i * size, size}, channels, side, m_recipe, random);
        if (i < boxes.size())
            boxes[i] = box;
    }
    return erased;
}

} // namespace mien
