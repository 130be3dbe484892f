#pragma once

#include "pipeline/imaging/imaging.h"
#include "pipeline/video/ffmpeg_objects.h"
#include "pipeline/video/jpeg_planes.h"

#include <vector>

namespace mien {

/// Makes pictures of decoded frames; keeps the tables and buffers that frames of one size share. For the video module.
class FramePictures
{
public:
    FramePictures();
    ~FramePictures();
    FramePictures(const FramePictures &) = delete;
    FramePictures &operator=(const FramePictures &) = delete;

    Result<Picture> rgb(const AVFrame &frame, int mostSidePx);
    Result<Picture> luma(const AVFrame &frame);
    Result<std::vector<std::uint8_t>> jpeg(const AVFrame &frame, int orientation, int quality);

private:
    Result<Picture> scaled(const AVFrame &frame, AVPixelFormat format, int widthPx, int heightPx);
    Result<std::vector<std::uint8_t>> encoded(int result, unsigned long bytes) const;
    bool reserve(int widthPx, int heightPx);

    FfmpegOwner<SwsContext> m_scaler;
    JpegPlanes m_planes;
    void *m_encoder; ///< TurboJPEG's handle
    unsigned char *m_bytes = nullptr;
    unsigned long m_capacity = 0;
};

} // namespace mien
