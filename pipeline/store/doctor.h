#pragma once

#include "models/base/job.h"
#include "models/base/result.h"

#include <string>
#include <vector>

namespace mien {

class Project;

struct ProjectProblem
{
    std::string kind; ///< integrity, current_labels, missing_media, crop_hash, missing_file, damaged_file, leftover,
                      ///< lease
    std::string what; ///< One sentence; names the file or sample.
    bool repairable = false;
    bool repaired = false;
    bool isDamage =
        false; ///< The database itself is damaged: nothing in it can be trusted, only a backup helps (backups.h).
};

/// Checks database integrity, foreign keys, recomputes current_labels and compares, whether the media are where they
/// were, crops' hashes and segments, snapshots' hashes, runs' folders, leftovers of interrupted writes. Repairing drops
/// snapshots whose file is lost and damaged crops that no sample names.
Result<std::vector<ProjectProblem>> examine(Project &project, bool repair, const Job &job);

} // namespace mien
