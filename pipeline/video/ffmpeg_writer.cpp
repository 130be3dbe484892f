#include "pipeline/video/ffmpeg_writer.h"

#include "pipeline/video/ffmpeg_objects.h"

#include <algorithm>

namespace mien {

namespace {

namespace fs = std::filesystem;

struct OutputDeleter
{
    void operator()(AVFormatContext *format) const
    {
        avio_closep(&format->pb);
        avformat_free_context(format);
    }
};

class FfmpegWriter final : public VideoWriter
{
public:
    FfmpegWriter(fs::path file, const VideoForm &form)
        : m_file(std::move(file))
        , m_part(m_file)
        , m_form(form)
        , m_packet(av_packet_alloc())
        , m_frame(av_frame_alloc())
    {
        m_part += ".part";
    }
    ~FfmpegWriter() override
    {
        m_format.reset();
        std::error_code ignored; // there is nothing to remove after finish()
        fs::remove(m_part, ignored);
    }

    Result<> open();
    Result<> add(const Picture &frame) override;
    Result<> finish() override;

private:
    tl::unexpected<Error> failed(int error) const
    {
        return fail(error == AVERROR(ENOMEM) ? ErrorCode::Internal : ErrorCode::NoSpace,
                    m_file.string() + " cannot be written: " + ffmpegMessage(error) + ".");
    }
    Result<> encode(const AVFrame *frame);

    fs::path m_file, m_part;
    VideoForm m_form;
    std::unique_ptr<AVFormatContext, OutputDeleter> m_format;
    FfmpegOwner<AVCodecContext> m_codec;
    FfmpegOwner<AVPacket> m_packet;
    FfmpegOwner<AVFrame> m_frame;
    FfmpegOwner<SwsContext> m_scaler;
    std::int64_t m_frames = 0;
};

Result<> FfmpegWriter::open()
{
    const auto isSide = [](int side) { return side >= 16 && side <= 4096 && side % 2 == 0; };
    if (!isSide(m_form.widthPx) || !isSide(m_form.heightPx) || m_form.framesPerS < 1 || m_form.framesPerS > 120 ||
        m_form.quality < 1 || m_form.quality > 31)
        return fail(ErrorCode::Invalid, "A video has even sides of 16 to 4,096 pixels, 1 to 120 frames a second and a "
                                        "quality of 1 to 31.");
    const AVCodec *encoder = avcodec_find_encoder(AV_CODEC_ID_MPEG4);
    if (!encoder || !m_packet || !m_frame)
        return fail(ErrorCode::Internal, "This FFmpeg has no MPEG-4 encoder, so " + m_file.string() +
                                             " cannot be written; install a build of libavcodec that has it.");
    AVFormatContext *format = nullptr;
    if (const int made = avformat_alloc_output_context2(&format, nullptr, "mp4", nullptr); made < 0)
        return failed(made);
    m_format.reset(format);
    format->flags |= AVFMT_FLAG_BITEXACT; // no time of writing and no version of the library in the file

    m_codec.reset(avcodec_alloc_context3(encoder));
    AVStream *stream = avformat_new_stream(format, nullptr);
    if (!m_codec || !stream)
        return failed(AVERROR(ENOMEM));
    m_codec->width = m_form.widthPx;
    m_codec->height = m_form.heightPx;
    m_codec->pix_fmt = AV_PIX_FMT_YUV420P;
    m_codec->time_base = {1, m_form.framesPerS};
    m_codec->framerate = {m_form.framesPerS, 1};
    m_codec->gop_size = m_form.framesPerS;
    m_codec->thread_count = 1;
    m_codec->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
    m_codec->global_quality = FF_QP2LAMBDA * m_form.quality;
    m_codec->colorspace = AVCOL_SPC_SMPTE170M;
    m_codec->color_range = AVCOL_RANGE_MPEG;
    if (format->oformat->flags & AVFMT_GLOBALHEADER)
        m_codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    if (const int opened = avcodec_open2(m_codec.get(), encoder, nullptr); opened < 0)
        return failed(opened);
    if (const int described = avcodec_parameters_from_context(stream->codecpar, m_codec.get()); described < 0)
        return failed(described);
    stream->time_base = m_codec->time_base;
    stream->avg_frame_rate = m_codec->framerate;
    if (const int opened = avio_open(&format->pb, ("file:" + m_part.string()).c_str(), AVIO_FLAG_WRITE); opened < 0)
        return failed(opened);
    if (const int begun = avformat_write_header(format, nullptr); begun < 0)
        return failed(begun);

    m_frame->format = m_codec->pix_fmt;
    m_frame->width = m_form.widthPx;
    m_frame->height = m_form.heightPx;
    if (const int allocated = av_frame_get_buffer(m_frame.get(), 0); allocated < 0)
        return failed(allocated);
    m_scaler.reset(sws_getContext(m_form.widthPx, m_form.heightPx, AV_PIX_FMT_RGB24, m_form.widthPx, m_form.heightPx,
                                  m_codec->pix_fmt, SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT, nullptr, nullptr,
                                  nullptr));
    return m_scaler ? Result<>() : failed(AVERROR(ENOMEM));
}

/// @param frame  nullptr: there are no more
Result<> FfmpegWriter::encode(const AVFrame *frame)
{
    if (const int sent = avcodec_send_frame(m_codec.get(), frame); sent < 0)
        return failed(sent);
    while (true) {
        const int got = avcodec_receive_packet(m_codec.get(), m_packet.get());
        if (got == AVERROR(EAGAIN) || got == AVERROR_EOF)
            return {};
        if (got < 0)
            return failed(got);
        m_packet->stream_index = 0;
        m_packet->duration = 1;
        av_packet_rescale_ts(m_packet.get(), m_codec->time_base, m_format->streams[0]->time_base);
        if (const int written = av_interleaved_write_frame(m_format.get(), m_packet.get()); written < 0)
            return failed(written);
    }
}

Result<> FfmpegWriter::add(const Picture &frame)
{
    if (frame.widthPx != m_form.widthPx || frame.heightPx != m_form.heightPx || frame.channels != 3)
        return fail(ErrorCode::Invalid, "A frame of " + m_file.string() + " is not of the size of the video.");
    if (const int writable = av_frame_make_writable(m_frame.get()); writable < 0)
        return failed(writable);
    const std::uint8_t *rows[4] = {frame.pixels.data()};
    const int strides[4] = {frame.widthPx * 3};
    sws_scale(m_scaler.get(), rows, strides, 0, frame.heightPx, m_frame->data, m_frame->linesize);
    m_frame->pts = m_frames++;
    return encode(m_frame.get());
}

Result<> FfmpegWriter::finish()
{
    if (const auto flushed = encode(nullptr); !flushed)
        return flushed;
    if (const int ended = av_write_trailer(m_format.get()); ended < 0)
        return failed(ended);
    if (const int closed = avio_closep(&m_format->pb); closed < 0)
        return failed(closed);
    std::error_code error;
    fs::rename(m_part, m_file, error);
    if (error)
        return fail(ErrorCode::NoSpace, m_file.string() + " cannot be written: " + error.message() + ".");
    return {};
}

} // namespace

Result<std::unique_ptr<VideoWriter>> ffmpegWriter(const fs::path &file, const VideoForm &form)
{
    auto writer = std::make_unique<FfmpegWriter>(file, form);
    if (const auto opened = writer->open(); !opened)
        return fail(opened.error());
    return std::unique_ptr<VideoWriter>(std::move(writer));
}

} // namespace mien
