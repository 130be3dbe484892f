#include "pipeline/video/frame_pictures.h"

#include "pipeline/video/video.h"

#include <turbojpeg.h>

#include <algorithm>
#include <climits>
#include <cmath>

namespace mien {

namespace {

bool isFullRange(const AVFrame &frame)
{
    switch (frame.format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ411P: return true;
    default: return frame.color_range == AVCOL_RANGE_JPEG;
    }
}

/// The number FFmpeg's scaler has for the frame's matrix.
int matrixOf(const AVFrame &frame)
{
    switch (frame.colorspace) {
    case AVCOL_SPC_BT709: return SWS_CS_ITU709;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL: return SWS_CS_BT2020;
    case AVCOL_SPC_SMPTE240M: return SWS_CS_SMPTE240M;
    case AVCOL_SPC_FCC: return SWS_CS_FCC;
    default: return SWS_CS_ITU601;
    }
}

bool is420(const AVFrame &frame)
{
    return frame.format == AV_PIX_FMT_YUV420P || frame.format == AV_PIX_FMT_YUVJ420P;
}

/// Empty where the weights are not those of a matrix that JpegPlanes converts.
std::optional<PlanesMeaning> meaningOf(const AVFrame &frame)
{
    switch (matrixOf(frame)) {
    case SWS_CS_ITU601: return PlanesMeaning{isFullRange(frame), 0.299, 0.114};
    case SWS_CS_ITU709: return PlanesMeaning{isFullRange(frame), 0.2126, 0.0722};
    case SWS_CS_BT2020: return PlanesMeaning{isFullRange(frame), 0.2627, 0.0593};
    default: return std::nullopt;
    }
}

/// Whether the first plane is luma of 8 bits a sample.
bool hasLumaPlane(const AVFrame &frame)
{
    const AVPixFmtDescriptor *form = av_pix_fmt_desc_get(AVPixelFormat(frame.format));
    return form && !(form->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM)) &&
           form->comp[0].plane == 0 && form->comp[0].depth == 8 && form->comp[0].step == 1;
}

} // namespace

FramePictures::FramePictures()
    : m_encoder(tjInitCompress())
{
}

FramePictures::~FramePictures()
{
    tjFree(m_bytes);
    if (m_encoder)
        tjDestroy(m_encoder);
}

Result<Picture> FramePictures::scaled(const AVFrame &frame, AVPixelFormat format, int widthPx, int heightPx)
{
    const bool shrinks = widthPx != frame.width || heightPx != frame.height;
    const int how = (shrinks ? SWS_AREA : SWS_BILINEAR) | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT;
    m_scaler.reset(sws_getCachedContext(m_scaler.release(), frame.width, frame.height, AVPixelFormat(frame.format),
                                        widthPx, heightPx, format, how, nullptr, nullptr, nullptr));
    if (!m_scaler)
        return fail(ErrorCode::Unreadable, "Frames in this form of pixels cannot be converted.");
    constexpr int one = 1 << 16;
    sws_setColorspaceDetails(m_scaler.get(), sws_getCoefficients(matrixOf(frame)), isFullRange(frame),
                             sws_getCoefficients(SWS_CS_ITU601), 1, 0, one, one);
    Picture picture;
    picture.widthPx = widthPx;
    picture.heightPx = picture.decodedRows = heightPx;
    picture.channels = format == AV_PIX_FMT_GRAY8 ? 1 : 3;
    const int stride = widthPx * picture.channels;
    // The scaler's vector code may write a little behind the last row.
    picture.pixels.resize(std::size_t(stride) * std::size_t(heightPx) + 64);
    std::uint8_t *rows[4] = {picture.pixels.data()};
    const int strides[4] = {stride};
    sws_scale(m_scaler.get(), frame.data, frame.linesize, 0, frame.height, rows, strides);
    picture.pixels.resize(std::size_t(stride) * std::size_t(heightPx));
    return picture;
}

Result<Picture> FramePictures::rgb(const AVFrame &frame, int mostSidePx)
{
    const int longer = std::max(frame.width, frame.height);
    const double scale = mostSidePx > 0 && longer > mostSidePx ? double(mostSidePx) / longer : 1;
    return scaled(frame, AV_PIX_FMT_RGB24, std::max(1, int(std::lround(frame.width * scale))),
                  std::max(1, int(std::lround(frame.height * scale))));
}

Result<Picture> FramePictures::luma(const AVFrame &frame)
{
    if (!hasLumaPlane(frame))
        return scaled(frame, AV_PIX_FMT_GRAY8, frame.width, frame.height);
    Picture picture;
    picture.widthPx = frame.width;
    picture.heightPx = picture.decodedRows = frame.height;
    picture.channels = 1;
    picture.pixels.resize(std::size_t(frame.width) * std::size_t(frame.height));
    const bool full = isFullRange(frame);
    const auto &table = fullRangeLuma();
    for (int y = 0; y < frame.height; ++y) {
        const std::uint8_t *from = frame.data[0] + std::ptrdiff_t(y) * frame.linesize[0];
        std::uint8_t *to = picture.pixels.data() + std::ptrdiff_t(y) * frame.width;
        if (full)
            std::copy(from, from + frame.width, to);
        else
            std::transform(from, from + frame.width, to, [&](std::uint8_t value) { return table[value]; });
    }
    return picture;
}

bool FramePictures::reserve(int widthPx, int heightPx)
{
    const unsigned long most = tjBufSize(widthPx, heightPx, TJSAMP_420);
    if (most > INT_MAX)
        return false;
    if (m_encoder && m_capacity >= most)
        return true;
    tjFree(m_bytes);
    m_bytes = tjAlloc(int(most));
    m_capacity = m_bytes ? most : 0;
    return m_encoder && m_bytes;
}

Result<std::vector<std::uint8_t>> FramePictures::encoded(int result, unsigned long bytes) const
{
    if (result != 0)
        return fail(ErrorCode::Internal,
                    std::string("A frame could not be stored as JPEG: ") + tjGetErrorStr2(m_encoder));
    return std::vector<std::uint8_t>(m_bytes, m_bytes + bytes);
}

Result<std::vector<std::uint8_t>> FramePictures::jpeg(const AVFrame &frame, int orientation, int quality)
{
    constexpr int options = TJFLAG_NOREALLOC;
    if (frame.width < 1)
        return fail(ErrorCode::Internal, "No frame has been decoded yet.");
    if (!reserve(frame.width, frame.height)) // a JPEG's blocks are squares: turned, it is as large
        return fail(ErrorCode::Internal, "There is not enough memory to store a frame as JPEG.");
    unsigned long bytes = m_capacity;
    const auto meaning = is420(frame) && orientation == 1 && frame.linesize[0] > 0 ? meaningOf(frame) : std::nullopt;
    if (meaning) {
        PlanesView view{frame.width, frame.height};
        for (int i = 0; i < 3; ++i) {
            view.plane[i] = frame.data[i];
            view.stride[i] = frame.linesize[i];
        }
        const PlanesView planes = m_planes.of(view, *meaning);
        const unsigned char *rows[3] = {planes.plane[0], planes.plane[1], planes.plane[2]};
        const int result = tjCompressFromYUVPlanes(m_encoder, rows, planes.widthPx, planes.stride, planes.heightPx,
                                                   TJSAMP_420, &m_bytes, &bytes, quality, options);
        return encoded(result, bytes);
    }
    const auto picture = rgb(frame, 0);
    if (!picture)
        return fail(picture.error());
    Picture stored = *picture;
    stored.orientation = orientation;
    const Picture shown = upright(stored);
    const int result = tjCompress2(m_encoder, shown.pixels.data(), shown.widthPx, 0, shown.heightPx, TJPF_RGB, &m_bytes,
                                   &bytes, TJSAMP_420, quality, options);
    return encoded(result, bytes);
}

} // namespace mien
