#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "pipeline/store/sample.h"

#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace mien {

class Project;

/// What tells whether two samples show the same picture.
struct SampleLook
{
    SampleId id;
    /// Equal: pixel-identical. Empty where the pixels are not known, or are a part of the picture that was hashed.
    std::optional<Hash128> pixelHash;
    std::optional<std::uint64_t> perceptualHash; ///< See perceptualHash() in pipeline/dedup.
};
/// Of all samples that count, by their ids.
Result<std::vector<SampleLook>> sampleLooks(const Project &project, const Job &job);
Result<> storePerceptualHashes(Project &project, std::span<const std::pair<SampleId, std::uint64_t>> hashes);

/// A face that was cut out of a picture or frame: what tells whether another one is the same face of a copy of it.
struct FaceInPicture
{
    SampleId id;
    MediaId media;
    std::optional<std::int64_t> timeUs; ///< Of a video's frame.
    FacePicture picture;
    BoxPx box;                 ///< In pixels of the picture.
    std::string cropFromFrame; ///< From the picture: Similarity::text().
    int cropWidthPx = 0, cropHeightPx = 0;
};
/// Of all samples that count and whose picture is known, by their ids.
Result<std::vector<FaceInPicture>> facesInPictures(const Project &project, const Job &job);

/// In the table `meta`: "distance at_ms newest_sample" of the last search. An import that changes pixels sets the last
/// one to 0, so that every sample counts as one that nobody looked at.
inline constexpr const char *nearDuplicateSearchKey = "near_duplicate_search";

/// How near-duplicates were looked for last.
struct NearDuplicateSearch
{
    int distance = 0;
    std::int64_t atMs = 0;
    std::int64_t samplesSince = 0; ///< That were imported afterwards: nobody looked at them.
};
std::optional<NearDuplicateSearch> lastNearDuplicateSearch(const Project &project); ///< Empty: nobody ever looked.

/// Replaces all groups; one transaction, no step of undo.
/// @param groups  of two samples or more, each sample in one group at most
Result<> storeNearDuplicates(Project &project, const std::vector<std::vector<SampleId>> &groups, int distance,
                             const Job &job);

/// One of a group, as it is now.
struct NearDuplicate
{
    SampleId sample;
    std::string source;
    std::optional<ClassId> label; ///< None where a person excluded it.
    Split split = Split::None;    ///< None where a person excluded it.
};
/// Samples that are nearly the same, in order; the first one names the group.
using NearDuplicateGroup = std::vector<NearDuplicate>;
bool hasConflict(const NearDuplicateGroup &group);    ///< Two of its labels differ.
bool isAcrossSplits(const NearDuplicateGroup &group); ///< It lies in two splits.
/// What is left of the groups, by their names: an import that was removed since takes its samples along.
Result<std::vector<NearDuplicateGroup>> nearDuplicateGroups(const Project &project);

} // namespace mien
