#pragma once

#include "pipeline/face/frame_faces.h"
#include "pipeline/video/video.h"

#include <filesystem>

namespace mien {

/// How far a video is turned clockwise by the cutter's settings, judged by three frames spread over it where they are
/// to find out (FaceCutter::turnOf).
Result<int> turnOfVideo(const std::filesystem::path &file, const Video &module, const FaceCutter &cutter);

} // namespace mien
