#pragma once

#include "pipeline/store/ids.h"

#include <cstdint>

namespace SQLite {
class Database;
}

namespace mien {

struct DuplicateCounts
{
    std::int64_t groups = 0;       ///< Of pixel-identical samples.
    std::int64_t images = 0;       ///< Samples in them.
    std::int64_t conflicts = 0;    ///< Groups whose members were given different classes.
    std::int64_t acrossSplits = 0; ///< Groups with members in more than one split.
};

/// Fills the table `duplicates` anew from the pixel hashes of all samples that are not removed; counts the groups that
/// hold a sample of `import`. Throws SQLite::Exception; wants a transaction.
DuplicateCounts groupDuplicates(SQLite::Database &database, ImportId import);

} // namespace mien
