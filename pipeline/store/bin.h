#pragma once

#include "models/base/result.h"
#include "pipeline/store/project.h"

#include <cstdint>

namespace mien {

/// The project's bin: imports and runs that a person removed (imports.h, runs.h). They count nowhere and can be
/// restored until `binDays` days have passed; then a writer that opens the project deletes them for good.
constexpr int binDays = 30;

/// When something removed at `removedAtMs` is deleted for good at the earliest.
constexpr std::int64_t deletedFromMs(std::int64_t removedAtMs)
{
    return removedAtMs + std::int64_t(binDays) * 24 * 3600 * 1000;
}

/// Whether emptyBin() would find something to do: cheap enough for every opening.
bool isBinDue(const Project &project, std::int64_t atMs = nowMs());

struct Emptied
{
    std::int64_t imports = 0, runs = 0, samples = 0;
    std::int64_t bytes = 0; ///< Of pixels.
};

/// Deletes what has been in the bin for `binDays` days: rows with everything said about them, in one transaction, then
/// the bytes of their pictures, their folders, and caches that hold their pixels. Interrupted, the next call goes on.
/// Does nothing while another job adds pictures: the next opening looks again.
Result<Emptied> emptyBin(Project &project, std::int64_t atMs = nowMs());

} // namespace mien
