#pragma once

#include "pipeline/store/snapshots.h"

#include <filesystem>

namespace mien {

/// 32 hex digits over the sorted lines `importer, key, label, split, subject`: nothing that depends on this project's
/// ids, paths or clock, so equal content has an equal hash on every machine.
std::string snapshotHash(const std::vector<SnapshotSample> &samples);

/// What snapshots/<hash>.json holds: {"format":"mien-snapshot/1","hash":…,"columns":[…],"samples":[[…],…]}.
std::string snapshotJson(const std::string &hash, const std::vector<SnapshotSample> &samples);
/// Unreadable names `file`.
Result<std::vector<SnapshotSample>> snapshotFromJson(std::string_view text, const std::filesystem::path &file);

} // namespace mien
