#pragma once

#include "models/train/augment.h"

#include <torch/torch.h>

#include <array>
#include <cstdint>
#include <span>

namespace mien {

/// The draws of `models.md` 2.7: the same face, erased differently. Draw 0 is the face itself; the rectangles of the
/// others are a function of (run seed, sample, draw), so a score and the map that explains it see the same picture.
class ErasingDraws
{
public:
    /// @param recipe  sizes of the rectangles; its probability is not used: every draw but the first erases
    ErasingDraws(std::uint64_t runSeed, Erasing recipe);

    /// @param inputs   [n, channels, side, side], normalised, on the CPU
    /// @param samples  n ids
    torch::Tensor draw(const torch::Tensor &inputs, std::span<const std::int64_t> samples, int number) const;

    /// What a draw erases of a sample: left, top, width and height in units of the side; all 0 where nothing.
    std::array<float, 4> erased(std::int64_t sample, int number, int side) const;

private:
    void erase(std::span<float> view, int channels, int side, std::int64_t sample, int number) const;

    std::uint64_t m_seed;
    Erasing m_recipe;
};

} // namespace mien
