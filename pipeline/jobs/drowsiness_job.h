#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "pipeline/import/problem_log.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mien {

class Project;

struct DrowsinessRequest
{
    std::string filter; ///< Which videos, by their own facts; "": all.
    bool by68 = false;  ///< By dlib's 68 landmarks, whose model must be installed, instead of the eye patch.
    int threads = 0;    ///< Videos at a time; 0: as many as there are processors.
};

struct DrowsinessReport
{
    std::int64_t videos = 0;    ///< Measured now.
    std::int64_t unchanged = 0; ///< Measured before in the same way.
    std::int64_t frames = 0;    ///< Looked at now.
    std::int64_t blinks = 0;    ///< In all these videos, as perclos.
    double perclos = 0;         ///< Mean of the videos.
    std::int64_t flagged = 0;   ///< Samples whose label and eyes say different things (`drowsiness:doubt`).
    std::int64_t skipped = 0;   ///< Videos that cannot be read.
    std::vector<Problem> problems;
    double seconds = 0;
};

/// Measures eyes, mouth and head in every frame of the project's videos: a strip of each (pipeline/store/strips.h), and
/// what it says about each sample. A video that was measured in this way is not looked at again, so a stopped job goes
/// on; its samples are given their measures all the same.
/// NotFound: no video matches, or no model of the landmarks; Cancelled: videos that were finished are kept.
Result<DrowsinessReport> measureDrowsiness(Project &project, const DrowsinessRequest &request, const Job &job);

} // namespace mien
