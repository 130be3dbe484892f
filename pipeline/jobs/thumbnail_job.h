#pragma once

#include "models/base/job.h"
#include "models/base/result.h"

#include <cstdint>

namespace mien {

class Project;

struct ThumbnailReport
{
    std::int64_t made = 0;    ///< Samples that have their small pictures again.
    std::int64_t missing = 0; ///< Samples whose file is gone or cannot be read.
};

/// Makes the small pictures that samples of picture files lack: `thumbs/` may be deleted at any time. Samples whose
/// pixels the project keeps are shown from those and need none. Stopped and run again, it goes on. lacksThumbnails()
/// (crop_pack.h) says whether there is work.
Result<ThumbnailReport> makeMissingThumbnails(const Project &project, const Job &job);

} // namespace mien
