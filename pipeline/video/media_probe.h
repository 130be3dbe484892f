#pragma once

#include "models/base/job.h"
#include "models/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mien {

/// What a picture or video file holds.
struct MediaFacts
{
    enum class Kind { Image, Video };
    Kind kind = Kind::Image;
    int widthPx = 0, heightPx = 0; ///< As stored.
    int rotationDegrees = 0;       ///< Clockwise to see it upright, after `isMirrored` was undone.
    bool isMirrored = false;       ///< EXIF orientations 2, 4, 5 and 7: left and right are exchanged first.
    std::string codec;             ///< "jpeg", "h264"
    bool isAnimated = false;       ///< A moving WebP, which no other command reads.

    // Of videos.
    std::string container;
    double durationS = 0;  ///< 0: the file does not say.
    double framesPerS = 0; ///< Average; 0: the file does not say.

    // With frames.
    std::vector<double> ptsS;       ///< Presentation time of every frame as decoded, in this order; not shifted to 0.
    std::int64_t lostPackets = 0;   ///< Skipped or refused while decoding.
    std::int64_t damagedFrames = 0; ///< Of those in `ptsS`.
    std::string endedEarly;         ///< Why reading stopped before the end; empty: it did not.
    std::string loss;               ///< All of that in words.
};

/// The code of `datasets.md` 3.5 to 3.7 for a file that could not be opened as what it should be: MISSING_FILE,
/// ZERO_BYTE, LFS_POINTER, NOT_DATA_HTML, NOT_DATA_TEXT or VIDEO_OPEN_FAILED.
std::string videoProblem(const std::filesystem::path &file, const Error &error);

/// @param withFrames  decodes the whole video; a picture has no frames
/// NotFound, Unreadable (the message says what the file is instead) or Cancelled.
Result<MediaFacts> probeMedia(const std::filesystem::path &file, bool withFrames, const Job &job);

} // namespace mien
