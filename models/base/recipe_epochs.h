#pragma once

#include <algorithm>
#include <cstdint>

namespace mien {

/// Below this many training samples of one network the recipe `quick` counts as trained on a small set.
inline constexpr std::int64_t smallTrainingSet = 4'000;

/// Epochs of the recipe `quick` for a network that trains on `samples`: a small set gets more, or the few steps of its
/// epochs would end before anything is learnt. Here so that a forecast of the time needs no LibTorch.
constexpr int quickEpochs(std::int64_t samples)
{
    if (samples < 1 || samples >= smallTrainingSet)
        return 12;
    return static_cast<int>(std::clamp<std::int64_t>(24'000 / samples, 12, 28));
}

/// Epochs of the recipe `paper` of the EAC networks, as their authors trained them.
inline constexpr int paperEpochs = 60;

} // namespace mien
