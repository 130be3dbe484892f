#pragma once

#include "models/base/job.h"
#include "models/base/result.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mien {

/// Frames of videos as picture files, full size and upright, each named by its time: `<video>@00012.345678.jpg`.
struct FrameFilesRequest
{
    std::vector<std::filesystem::path> videos;
    std::filesystem::path out;               ///< Made when it is not there.
    std::optional<std::int64_t> everyFrames; ///< At most one of the two; without, every frame.
    std::optional<double> everyS;
    bool asPng = false;
    int quality = 90; ///< Of JPEG, 1–100.
};

struct FrameFilesReport
{
    std::int64_t videos = 0;  ///< Of which frames came.
    std::int64_t frames = 0;  ///< Of the videos, wanted or not.
    std::int64_t written = 0; ///< Files.
    struct Problem
    {
        std::string reason; ///< Code of `datasets.md` 3.6 and 3.7.
        std::filesystem::path video;
        std::string what;
        bool isSkipped = false; ///< Nothing came of it; else frames are missing.
    };
    std::vector<Problem> problems;
};

/// A video that cannot be read is a problem in the report; what was done before a failure stands there too.
/// Conflict: two videos have the same name; NoSpace, Unreadable: the folder cannot be written; Cancelled: the files
/// that are there are whole.
Result<> writeFrameFiles(const FrameFilesRequest &request, FrameFilesReport &report, const Job &job);

} // namespace mien
