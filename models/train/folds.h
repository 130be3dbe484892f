#pragma once

#include "models/base/result.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mien {

/// Deals samples into bins so that a group (equal pixels, one subject) lies in one bin and every bin
/// holds each class in its share. The same input and seed give the same bins.
///
/// Groups are dealt largest first, each to the bin that lacks its classes most; groups of equal size
/// in an order drawn from the seed. No bin stays empty.
///
/// @param labels  class index of each sample, >= 0
/// @param groups  one number a sample
/// @param shares  relative size of each bin, > 0
/// @return bin of each sample. Fails with Invalid when there are fewer groups than bins.
Result<std::vector<int>> dealGroups(std::span<const std::int64_t> labels, std::span<const std::int64_t> groups,
                                    std::span<const double> shares, std::uint64_t seed);

/// `folds` equal bins; folds >= 2.
Result<std::vector<int>> stratifiedFolds(std::span<const std::int64_t> labels, std::span<const std::int64_t> groups,
                                         int folds, std::uint64_t seed);

} // namespace mien
