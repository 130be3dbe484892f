#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "pipeline/import/item_sink.h"

#include <filesystem>
#include <vector>

namespace mien {

/// A video file that becomes a clip. `clip` holds everything that is known without opening it.
struct ClipEntry
{
    std::filesystem::path path;
    NewClip clip;
    std::string className; ///< Canonical id or a name of the data set's own; empty unless the state is Ok.
};

/// Reads the heads of the videos (size, orientation, duration; nothing is decoded) and gives them to the sink in the
/// order of `entries`. What is no video is a problem with its reason. Videos that the sink holds already are not
/// opened; a dry run looks at names and sizes only.
Result<> importClips(std::vector<ClipEntry> entries, ItemSink &sink, const Job &job);

} // namespace mien
