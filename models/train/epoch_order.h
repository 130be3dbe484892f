#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mien {

/// Which samples an epoch sees (`models.md` 0.7).
enum class Sampler {
    Uniform,  ///< Each once.
    Balanced, ///< As many as there are, every class equally often, with replacement.
    Refined   ///< `models.md` 4.7: at most 512 of a group, then 500 of a class.
};

/// What epochOrder() draws from.
struct EpochSource
{
    std::span<const std::int64_t> rows;   ///< The training part, as rows of the pack.
    std::span<const std::int64_t> labels; ///< Of every row of the pack.
    std::span<const std::int64_t> groups; ///< The same; a video, say, or a subject.
    std::vector<int> copies{}; ///< Of each class: how often its rows come beside once; for Uniform alone. Empty: never.
    double share = 1;          ///< Of what the sampler gives, drawn anew for each epoch; (0, 1].
};

/// Rows in the order in which an epoch trains them: a function of its arguments. The last batch of a single one is left
/// out: batch normalisation has no variance of one.
std::vector<std::int64_t> epochOrder(Sampler sampler, const EpochSource &source, int batch, std::uint64_t seed,
                                     std::int64_t epoch, std::int64_t fold);

/// How many epochOrder() gives, whatever the epoch.
std::int64_t epochSize(Sampler sampler, const EpochSource &source, int batch);

} // namespace mien
