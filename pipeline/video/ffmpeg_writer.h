#pragma once

#include "pipeline/video/video_writer.h"

#include <filesystem>
#include <memory>

namespace mien {

/// Invalid: a form that is out of range; NoSpace: the file cannot be made. For the video module.
Result<std::unique_ptr<VideoWriter>> ffmpegWriter(const std::filesystem::path &file, const VideoForm &form);

} // namespace mien
