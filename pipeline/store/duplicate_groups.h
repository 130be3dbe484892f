#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "pipeline/store/sample.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mien {

class Project;

/// What a person decided about pictures that are the same. It follows from facts that may be taken back, so that undo,
/// an exclusion in the gallery or a new member of the group change it.
enum class DuplicateDecision {
    None,    ///< Nobody looked at it, or not at all that count.
    KeptOne, ///< At most one is not excluded.
    KeptAll, ///< All that count have the tag keptDuplicatesTag.
    Conflict ///< All that count have the tag duplicateConflictTag: their labels are to be judged.
};

inline constexpr const char *keptDuplicatesTag = "duplicate_kept";
inline constexpr const char *duplicateConflictTag = "duplicate_conflict";

/// Samples that show the same picture: pixel-identical ones, known from the import on, and those that the last
/// `mien dedup` found to be nearly the same. A sample is in one group at most.
struct DuplicateGroup
{
    std::vector<SampleId> samples; ///< Two or more, in order; the first one names the group.
    std::optional<CropId> crop;    ///< Of the first.
    bool isNear = false;           ///< Not all of them have the same pixels.
    /// Two have different labels, or lie in different splits. Excluded ones count with what they were given, so that a
    /// decision moves no group in a list.
    bool labelsDiffer = false, isAcrossSplits = false;
    bool isInConflict = false; ///< Labels differ among those that are not excluded.
    DuplicateDecision decision = DuplicateDecision::None;

    bool operator==(const DuplicateGroup &) const = default;
};

/// All groups, those whose labels differ first, then those across splits, then the others, each by size and name.
Result<std::vector<DuplicateGroup>> duplicateGroups(const Project &project, const Job &job);

/// One of a group, with what tells it from the others.
struct DuplicateMember
{
    SampleRow row;
    std::optional<double> blur; ///< quality.blur where it was measured: high is sharp.
};
/// In the order asked for; unknown ids are left out.
Result<std::vector<DuplicateMember>> duplicateMembers(const Project &project, std::span<const SampleId> samples);
/// The position of the one to keep: the largest picture; of those within a tenth of its area the sharpest, then the one
/// most reviewed, then the first. 0 for none.
std::size_t bestOf(std::span<const DuplicateMember> members);

// The three decisions about a group, each one step of undo that replaces the former decision. `group` are its samples.
/// Excludes all but `kept`.
Result<EditId> keepOneDuplicate(Project &project, std::span<const SampleId> group, SampleId kept,
                                const std::string &by);
/// Notes that all are meant to stay; excluded ones come back.
Result<EditId> keepAllDuplicates(Project &project, std::span<const SampleId> group, const std::string &by);
/// Marks all as to be judged; excluded ones come back.
Result<EditId> markDuplicateConflict(Project &project, std::span<const SampleId> group, const std::string &by);

} // namespace mien
