#pragma once

#include "models/base/result.h"
#include "pipeline/store/ids.h"
#include "pipeline/store/import_writer.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mien {

class Project;

struct ImportRow
{
    ImportId id;
    std::string importer, variant;
    std::filesystem::path root;   ///< Absolute.
    std::filesystem::path folder; ///< imports/<time>-<id>, absolute
    std::int64_t startedAtMs = 0;
    std::optional<std::int64_t> finishedAtMs; ///< Empty: interrupted; importing the source again goes on.
    std::optional<std::int64_t> removedAtMs;  ///< In the bin since then.
    std::int64_t samples = 0; ///< Those it wrote last: a later import of the same source takes them over.
    std::int64_t clips = 0;   ///< Videos, likewise.
    ImportKind kind = ImportKind::Import;
    std::string settingsHash; ///< Of an extraction.
};
std::vector<ImportRow> imports(const Project &project);        ///< Oldest first, without removed ones.
std::vector<ImportRow> removedImports(const Project &project); ///< What lies in the bin.

/// Samples of the source that an import read, and how many of them have votes.
struct VotedSamples
{
    std::int64_t samples = 0, voted = 0;
};
VotedSamples votedSamples(const Project &project, ImportId import);

/// Takes an import out of the project in one transaction: its samples are in no list, count, queue, pack or export any
/// more, and what people said about them lies with them in the bin (bin.h) for `binDays` days. No step of undo.
/// With videos go the faces that were extracted from them.
/// NotFound; Conflict when it is being read, was removed already, or holds neither samples nor videos.
Result<ImportRow> removeImport(Project &project, ImportId import);
/// Brings it back as it was, labels, tags and the way through undo included. Samples that were imported again meanwhile
/// are there already and belong to the later import. NotFound when the bin does not hold it.
Result<ImportRow> restoreImport(Project &project, ImportId import);

} // namespace mien
