#pragma once

#include "models/base/result.h"
#include "pipeline/store/sample.h"

#include <string>
#include <vector>

namespace mien {

class Project;

/// One line of a snapshot: what a sample was at that moment.
struct SnapshotSample
{
    SampleId id;
    std::string source; ///< Import source and key: stable across projects.
    std::string key;
    std::string label; ///< Canonical class, or a state's name.
    Split split = Split::None;
    std::string subject;
    std::int64_t group = 0;
};

struct SnapshotRow
{
    std::string hash; ///< 32 hex digits over the sorted lines: equal content, equal hash.
    std::string name;
    std::int64_t samples = 0;
    std::int64_t atMs = 0;
};

/// Writes snapshots/<hash>.json (by rename) and its row; an equal one that exists is returned unchanged.
Result<SnapshotRow> createSnapshot(Project &project, std::string_view filter, const std::string &name);
std::vector<SnapshotRow> snapshots(const Project &project);
/// By hash or unambiguous prefix. With a filter those that match by their label and split of then; whatever
/// else a filter asks (scores, flags, tags) is as it is now.
Result<std::vector<SnapshotSample>> snapshotSamples(const Project &project, std::string_view hashOrPrefix,
                                                    std::string_view filter = {});
Result<SnapshotRow> snapshotNamed(const Project &project, std::string_view hashOrPrefix);

struct SnapshotDiff
{
    std::int64_t added = 0, removed = 0, relabelled = 0, resplit = 0;
    std::vector<std::pair<SnapshotSample, SnapshotSample>> changed; ///< (in A, in B)
    std::vector<SnapshotSample> onlyInA, onlyInB;
};
Result<SnapshotDiff> diffSnapshots(const Project &project, std::string_view a, std::string_view b);

} // namespace mien
