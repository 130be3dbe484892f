#pragma once

#include "models/base/result.h"
#include "pipeline/video/video.h"

#include <filesystem>
#include <memory>
#include <optional>

namespace mien {

/// The video that is being looked at, kept open between two looks. Used by one thread.
class ShownVideo
{
public:
    /// A frame by its time, or a neighbour of it.
    struct Moment
    {
        double timeS = 0;
        int step = 0; ///< 1: the frame behind the one at that time, −1: the one before.
    };

    /// Leaves reader() on the frame. NotFound: the video has no such frame.
    Result<VideoFrame> show(const std::filesystem::path &file, const Moment &moment);

    bool isOpen(const std::filesystem::path &file) const { return m_reader && m_file == file; }
    VideoReader &reader() { return *m_reader; } ///< After show().

private:
    std::filesystem::path m_file;
    std::unique_ptr<VideoReader> m_reader;
    std::optional<VideoFrame> m_frame; ///< The reader's newest.
};

} // namespace mien
