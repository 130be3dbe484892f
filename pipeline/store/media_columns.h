#pragma once

#include "pipeline/store/media.h"

namespace SQLite {
class Statement;
}

namespace mien {

/// What is read of a medium `m` and the root `b` that it lies below, for whoever lists media beside other things.
inline constexpr const char *mediaColumns =
    "b.in_project, b.path, m.path, m.kind, m.bytes, m.modified_ms, m.hash, m.width, m.height, m.orientation, m.turn";

/// @param first  number of the first of these columns in the statement's row
MediaRow mediaFrom(const Project &project, MediaId id, SQLite::Statement &row, int first);

} // namespace mien
