#pragma once

#include "models/base/job.h"
#include "models/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace mien {

struct DemoOptions
{
    int samples = 1200;     ///< 8 – 1,000,000
    double noise = 0.10;    ///< Share of wrong labels, 0–1.
    std::uint64_t seed = 0; ///< The same seed gives the same bytes.
    int sidePx = 112;       ///< 48–512
    bool videos = true;     ///< Short drowsiness videos as well.
};

struct DemoReport
{
    std::int64_t samples = 0, flipped = 0, subjects = 0; ///< Of the pictures.
    std::int64_t videos = 0;
    double seconds = 0;
};

/// Makes a project of drawn, labelled faces at `folder` (new, or an empty folder): eight expressions of varying
/// strength that shade into their neighbours, people who appear in several pictures (subjects, splits by subject), ten
/// votes a picture, and round(noise * samples) wrong labels. Pictures lie in `folder`/media and come in through import;
/// demo_truth.csv (source,given,truth) says what each face was drawn as. Drowsiness videos of three other people lie in
/// `folder`/media/drowsiness and come in as clips of UTA-RLDD; demo_video_truth.csv says what is true of every frame.
/// Fails with Conflict (folder in use), Invalid (options), NoSpace, Cancelled.
Result<DemoReport> makeDemo(const std::filesystem::path &folder, const DemoOptions &options, const Job &job);

} // namespace mien
