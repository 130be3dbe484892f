#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "pipeline/store/near_duplicates.h"

#include <string>
#include <vector>

namespace mien {

class Project;

struct DedupOptions
{
    /// Bits of the perceptual hash that near-duplicates may differ in, 0 to 16; 0: pixel-identical samples only. More
    /// finds stronger changes and takes longer, each step of four several times; every pair is confirmed all the same.
    int distance = 7;
};

struct DedupReport
{
    std::int64_t samples = 0; ///< That were compared.
    std::int64_t hashed = 0;  ///< Of those, whose perceptual hash was missing and was made.
    std::vector<NearDuplicateGroup> groups;

    struct Skipped
    {
        std::string source, reason;
    };
    std::vector<Skipped> skipped; ///< Samples whose pixels could not be read.
};

/// Finds samples that show the same picture or nearly so, wherever they come from, and stores the groups in place of
/// the former ones (`datasets.md` 3.9): pixel-identical ones, those with near perceptual hashes whose 48 x 48 grey
/// pictures correlate, and faces of copies of one picture or frame (faceCopies()). Missing hashes are made and kept,
/// also when it is stopped. Fails with Cancelled, or as the project does.
Result<DedupReport> findNearDuplicates(Project &project, const DedupOptions &options, const Job &job);

/// Whether near-duplicates have to be looked for before splits can be trusted: nobody did, or for pixel-identical
/// samples only, or samples were imported since.
bool isNearDuplicateSearchDue(const Project &project);
/// findNearDuplicates() where that is due, at the distance of the last search if it had one.
Result<> findDueNearDuplicates(Project &project, const Job &job);

} // namespace mien
