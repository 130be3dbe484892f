#pragma once

#include "models/base/result.h"
#include "pipeline/video/ffmpeg_objects.h"
#include "pipeline/video/frame_memory.h"
#include "pipeline/video/video.h"

#include <filesystem>

namespace mien {

/// A video file opened by FFmpeg's libraries, with a decoder of its first video stream. For the video module.
struct FfmpegFile
{
    FfmpegOwner<AVFormatContext> format; ///< Gives packets of that stream only.
    FfmpegOwner<AVCodecContext> codec;
    unsigned stream = 0;
    VideoFacts facts;
    bool isLengthOfVideo = false; ///< facts.durationS; else it is that of the file, with its sound.

    const AVStream &video() const { return *format->streams[stream]; }

    /// @param memory  for the frames of the decoder; outlives it
    /// NotFound, Unreadable: as Video::open().
    static Result<FfmpegFile> open(const std::filesystem::path &path, FrameMemory &memory);
};

} // namespace mien
