#pragma once

#include "pipeline/face/frame_faces.h"
#include "pipeline/store/media.h"
#include "pipeline/video/video.h"

#include <filesystem>

namespace mien {

/// How far a video is turned clockwise: as a person said, else by the cutter's settings, judged by three frames spread
/// over it where they are to find out (FaceCutter::turnOf).
/// @param mostSidePx  of the frames that are judged; 0: as they are
Result<int> turnOfVideo(const MediaRow &media, const Video &module, const FaceCutter &cutter, int mostSidePx = 0);
/// The same of a file of which a person said nothing.
Result<int> turnOfVideo(const std::filesystem::path &file, const Video &module, const FaceCutter &cutter,
                        int mostSidePx = 0);

} // namespace mien
