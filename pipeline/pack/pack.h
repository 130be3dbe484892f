#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "pipeline/store/ids.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mien {

class Project;

struct PackOptions
{
    std::string filter; ///< Which samples; empty: all that are not excluded.
    std::optional<std::string>
        snapshot;                  ///< Hash or prefix: those of its samples; labels and splits are the snapshot's.
    std::vector<SampleId> samples; ///< Instead of the filter: these, with their current labels; empty: not used.
    std::vector<std::string>
        classes; ///< Their numbering, e.g. that of a run; empty: the classes that occur, in project order.
    /// Label space, e.g. "drowsiness/1": samples whose label lies in another one are left out, those without a label
    /// and with a class of the project's own stay. Empty: all samples.
    std::string space;
    int sidePx = 48;  ///< 16–512. Pictures of another size are cut to a square and scaled.
    int channels = 0; ///< 1 grey, 3 colour, 0: grey when every picture is.
};

struct PackReport
{
    std::filesystem::path folder; ///< packs/<hash>
    std::string hash;
    std::int64_t samples = 0, bytes = 0;
    int channels = 0;
    bool isReused = false; ///< The same pack was there already.
    struct LeftOut
    {
        std::string source, reason;
        std::string code; ///< MISSING_FILE or UNREADABLE_FILE.
    };
    std::vector<LeftOut> leftOut; ///< Samples whose pixels could not be read.
};

/// Writes a training pack: `images.u8` (N * C * side * side bytes, planar) and `index.json` ("mien-pack/1": sample ids,
/// label indexes, groups that must share a fold, splits); `landmarks.f32` (N * 5 * 2 floats, landmarksInSquare(), NaN
/// where not known) where those of a sample are known, and `outlines.f32` (N * 68 * 2) likewise; `votes.i32` (N *
/// options whole numbers, the classes first) where a sample has votes that no person has overruled since by another
/// label. Named by a hash of its inputs and parameters, so an equal one that exists is returned as it is; whole or
/// absent whatever happens.
/// Fails with Invalid (nothing to pack, wrong options), NoSpace (checked before), Cancelled.
Result<PackReport> makePack(const Project &project, const PackOptions &options, const Job &job);

} // namespace mien
