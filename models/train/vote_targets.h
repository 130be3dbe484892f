#pragma once

#include "models/io/training_pack.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mien {

/// What the cross entropy learns where annotators' votes count (`--set targets=votes`).
struct VoteTargets
{
    std::vector<float> distributions; ///< N * L, rows of the pack; each sums to 1, or is 0 where there is no label.
    std::vector<bool> isVoted;        ///< N: the row is of votes, not of a label.
};

/// Votes of each row as shares of the classes. Votes for anything but a class of the pack, "unknown" and "NF" among
/// them, are left out; but where most votes are for one of these, by the official rule of FER+ (`datasets.md` 5.5.3,
/// without its treatment of single votes, which supposes ten of them), the votes do not say what the face shows. There,
/// and without any votes, the label stands in, sure of its class.
/// @param labels  of every row; -1: none
VoteTargets voteTargets(const TrainingPack &pack, std::span<const std::int64_t> labels);

} // namespace mien
