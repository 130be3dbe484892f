#pragma once

#include "pipeline/import/importer.h"

#include <optional>

namespace mien {

/// The table that the code of DAN keeps of an AffectNet tree: phase, img_path and label (0–7). Its paths are those of
/// the machine that wrote it: what lies below train_set or val_set is looked for beside the table.
std::optional<Candidate> danTableIn(const Listing &listing, std::string_view importer);
Result<> scanDanTable(const std::filesystem::path &table, LinksOut links, ItemSink &sink, const Job &job);

} // namespace mien
