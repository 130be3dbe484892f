#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "models/embed/neighbours.h"

#include <cstdint>
#include <vector>

namespace mien {

/// The joint probabilities p_ij of t-SNE, symmetric and sparse: row by row, columns ascending. Each row is filled up to
/// a multiple of `padding` with entries of weight 0 that point at the row itself.
struct Affinities
{
    static constexpr std::int64_t padding = 8;

    std::vector<std::int64_t> begins;  ///< [N + 1] where each row's entries begin.
    std::vector<std::int32_t> columns; ///< [entries]
    std::vector<float> weights;        ///< [entries] p_ij; all together sum to 1.

    std::int64_t count() const { return std::int64_t(begins.size()) - 1; }
};

/// Gaussian conditionals over each row's neighbours, as wide as gives each the wanted perplexity (in fp64, to 1e-5 of
/// its logarithm), then p_ij = (p_j|i + p_i|j) / 2N (van der Maaten and Hinton 2008, section 3.1). A row whose
/// neighbours are all equally far shares evenly.
///
/// @param perplexity  1 or more and less than the number of neighbours; 3 times it is the usual number
/// @return Cancelled when the job is stopped
Result<Affinities> affinitiesOf(const Neighbours &neighbours, double perplexity, const Job &job);

} // namespace mien
