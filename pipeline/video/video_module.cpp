#include "pipeline/imaging/content_kind.h"
#include "pipeline/imaging/picture_header.h"
#include "pipeline/video/ffmpeg_objects.h"
#include "pipeline/video/ffmpeg_writer.h"
#include "pipeline/video/frame_pictures.h"
#include "pipeline/video/video.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fstream>

namespace mien {

namespace {

namespace fs = std::filesystem;

/// Containers that cameras, phones and data sets use. Playlists and everything else that names other files are not
/// among them.
constexpr const char *containers =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,asf,flv,ogg,mjpeg,h264,hevc,m4v,ivf";
/// 8K and a little more.
constexpr std::int64_t mostPixelsOfFrame = 40'000'000;
constexpr double halfMicrosecond = 0.5e-6;
/// Of frames that a decoder holds at a time: more than the sixteen that a 4K video may need, six of 8K. What asks for
/// more is refused.
constexpr std::size_t mostFrameBytes = 320u << 20;
/// Of frames that are decoded only to learn what a container does not say.
constexpr std::int64_t mostProbedPixels = 20'000'000;

Error unreadable(const fs::path &file, const std::string &what)
{
    return {ErrorCode::Unreadable, file.string() + " " + what};
}

/// What a file that FFmpeg does not open is instead.
Error notAVideo(const fs::path &file, int error)
{
    std::array<std::uint8_t, 4096> head{};
    std::ifstream stream(file, std::ios::binary);
    if (!stream)
        return unreadable(file, "could not be opened; check that you may read it.");
    stream.read(reinterpret_cast<char *>(head.data()), head.size());
    const auto kind = contentKindOf(std::span(head).first(std::size_t(stream.gcount())));
    if (kind == ContentKind::Unknown)
        return unreadable(file, "could not be opened as a video: " + ffmpegMessage(error) + ".");
    return unreadable(file, "is no video but " + describe(kind) + ".");
}

/// EXIF's number of what turns a stored frame upright, by the display matrix (16.16 fixed point, row vectors).
int orientationOf(const AVStream &stream)
{
    const std::uint8_t *data = nullptr;
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 100) // FFmpeg 6.1
    const AVPacketSideData *side = av_packet_side_data_get(
        stream.codecpar->coded_side_data, stream.codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
    if (side && side->size >= 9 * sizeof(std::int32_t))
        data = side->data;
#else
    std::size_t bytes = 0;
    data = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &bytes);
    if (bytes < 9 * sizeof(std::int32_t))
        data = nullptr;
#endif
    if (!data)
        return 1;
    std::array<std::int32_t, 9> matrix{};
    std::memcpy(matrix.data(), data, sizeof matrix);
    const bool isMirrored = std::int64_t(matrix[0]) * matrix[4] - std::int64_t(matrix[1]) * matrix[3] < 0;
    if (isMirrored) // left and right are exchanged first, what is left is a rotation
        for (const std::size_t i : {0, 1, 2})
            matrix[i] = matrix[i] == INT32_MIN ? INT32_MAX : -matrix[i];
    const double counterClockwise = av_display_rotation_get(matrix.data());
    if (!std::isfinite(counterClockwise))
        return 1;
    const int quarters = ((int(std::lround(-counterClockwise / 90)) % 4) + 4) % 4;
    static constexpr std::array<int, 4> plain{1, 6, 3, 8}, mirrored{2, 7, 4, 5};
    return (isMirrored ? mirrored : plain)[std::size_t(quarters)];
}

/// Counts the bytes of the frames that a decoder holds, and gives it no more than mostFrameBytes.
class FrameMemory
{
public:
    /// AVCodecContext::get_buffer2; the context's `opaque` is a FrameMemory.
    static int getBuffer(AVCodecContext *codec, AVFrame *frame, int flags)
    {
        auto *const memory = static_cast<FrameMemory *>(codec->opaque);
        const int bytes = av_image_get_buffer_size(AVPixelFormat(frame->format), frame->width, frame->height, 32);
        if (bytes < 0)
            return bytes;
        if (memory->m_held + std::size_t(bytes) > mostFrameBytes) {
            memory->m_hasRefused = true;
            return AVERROR(ENOMEM);
        }
        if (const int got = avcodec_default_get_buffer2(codec, frame, flags); got < 0)
            return got;
        // A note that goes with the frame into every reference to it, and is freed with the last one.
        auto *const size = new std::uint8_t[sizeof(std::size_t)];
        const auto held = std::size_t(bytes);
        std::memcpy(size, &held, sizeof held);
        frame->opaque_ref = av_buffer_create(size, sizeof held, giveBack, memory, 0);
        if (!frame->opaque_ref) {
            delete[] size;
            av_frame_unref(frame);
            return AVERROR(ENOMEM);
        }
        memory->m_held += held;
        return 0;
    }

    bool hasRefused() const { return m_hasRefused; }

private:
    static void giveBack(void *memory, std::uint8_t *size)
    {
        std::size_t held = 0;
        std::memcpy(&held, size, sizeof held);
        static_cast<FrameMemory *>(memory)->m_held -= held;
        delete[] size;
    }

    std::size_t m_held = 0;
    bool m_hasRefused = false;
};

class FfmpegReader final : public VideoReader
{
public:
    explicit FfmpegReader(fs::path file)
        : m_file(std::move(file))
        , m_packet(av_packet_alloc())
        , m_frame(av_frame_alloc())
        , m_ahead(av_frame_alloc())
    {
    }

    Result<> open();

    const VideoFacts &facts() const override { return m_facts; }
    const VideoLoss &loss() const override { return m_loss; }
    Result<std::optional<VideoFrame>> next() override;
    Result<VideoFrame> at(double timeS) override;
    Result<> rewind() override;
    Result<Picture> picture(int mostSidePx) const override { return m_pictures.rgb(*m_frame, mostSidePx); }
    Result<Picture> luma() const override { return m_pictures.luma(*m_frame); }
    Result<std::vector<std::uint8_t>> jpeg(int quality) override
    {
        return m_pictures.jpeg(*m_frame, m_facts.orientation, quality);
    }

private:
    const AVStream &stream() const { return *m_format->streams[m_stream]; }
    double secondsOf(std::int64_t pts) const { return double(pts) * av_q2d(stream().time_base); }
    /// A bare stream has none: they are counted from where the reading began.
    bool hasTimes() const { return !(m_format->iformat->flags & AVFMT_NOTIMESTAMPS); }
    std::int64_t ptsAt(double timeS) const
    {
        constexpr double most = 1e15; // far beyond any video, and exact in both types
        const double pts = timeS / av_q2d(stream().time_base);
        return std::isfinite(pts) ? std::llround(std::clamp(pts, -most, most)) : 0;
    }
    Result<std::optional<VideoFrame>> decode(AVFrame &into);
    Result<> feed();
    void lose();
    VideoFrame described(const AVFrame &frame);
    Result<VideoFrame> goBefore(double timeS);
    bool isNearer(double timeS) const;
    Error outOfMemory() const;
    Error goneMeanwhile() const { return unreadable(m_file, "could not be opened a second time."); }

    fs::path m_file;
    FrameMemory m_memory; ///< Outlives all frames.
    FfmpegOwner<AVFormatContext> m_format;
    FfmpegOwner<AVCodecContext> m_codec;
    FfmpegOwner<AVPacket> m_packet;
    FfmpegOwner<AVFrame> m_frame; ///< The newest one given out.
    FfmpegOwner<AVFrame> m_ahead; ///< Decoded to know that the newest one is the one that was wanted.
    std::optional<VideoFrame> m_shown, m_pending;
    unsigned m_stream = 0;
    bool m_skipsToKey = false;
    bool m_isDrained = false;
    std::int64_t m_expectedPts = 0;
    VideoFacts m_facts;
    VideoLoss m_loss;
    mutable FramePictures m_pictures;
};

Result<> FfmpegReader::open()
{
    std::error_code error;
    const auto status = fs::status(m_file, error);
    if (status.type() == fs::file_type::not_found)
        return fail(ErrorCode::NotFound, m_file.string() + " does not exist.");
    if (status.type() == fs::file_type::none)
        return fail(unreadable(m_file, "cannot be looked at: " + error.message() + "."));
    if (fs::is_directory(status))
        return fail(unreadable(m_file, "is a folder, not a video."));
    if (fs::is_regular_file(status) && fs::file_size(m_file, error) == 0)
        return fail(unreadable(m_file, "is empty (0 bytes)."));
    if (!m_packet || !m_frame || !m_ahead)
        return fail(ErrorCode::Internal, "There is not enough memory to open " + m_file.string() + ".");

    m_expectedPts = 0;
    m_codec.reset();
    m_format.reset();
    AVFormatContext *format = avformat_alloc_context();
    if (format) {
        format->format_whitelist = av_strdup(containers);
        format->max_streams = 64;
    }
    AVDictionary *options = nullptr;
    av_dict_set(&options, "protocol_whitelist", "file", 0);
    const int opened = avformat_open_input(&format, ("file:" + m_file.string()).c_str(), nullptr, &options);
    av_dict_free(&options);
    if (opened < 0)
        return fail(notAVideo(m_file, opened)); // FFmpeg has freed the context
    m_format.reset(format);
    // It decodes a little to learn what the container does not say.
    std::vector<AVDictionary *> limits(format->nb_streams, nullptr);
    for (unsigned i = 0; i < format->nb_streams; ++i) {
        const AVCodecParameters &said = *format->streams[i]->codecpar;
        if (std::int64_t(said.width) * said.height > mostProbedPixels)
            av_dict_set(&limits[i], "skip_frame", "all", 0); // its size is known
        else
            av_dict_set_int(&limits[i], "max_pixels", mostProbedPixels, 0);
    }
    const int found = avformat_find_stream_info(format, limits.empty() ? nullptr : limits.data());
    for (AVDictionary *&limit : limits)
        av_dict_free(&limit);
    if (found < 0)
        return fail(unreadable(m_file, "could not be read as a video: " + ffmpegMessage(found) + "."));

    constexpr unsigned none = ~0u;
    unsigned video = none;
    for (unsigned i = 0; i < format->nb_streams; ++i) {
        const AVStream &candidate = *format->streams[i];
        const bool isVideo = candidate.codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
                             !(candidate.disposition & AV_DISPOSITION_ATTACHED_PIC);
        if (isVideo && video == none)
            video = i;
        else
            format->streams[i]->discard = AVDISCARD_ALL;
    }
    if (video == none)
        return fail(unreadable(m_file, format->nb_streams > 0 ? "holds sound but no video." : "holds no video."));
    m_stream = video;

    const AVCodecParameters &form = *stream().codecpar;
    const AVCodec *decoder = avcodec_find_decoder(form.codec_id);
    m_facts.codec = avcodec_get_name(form.codec_id);
    if (!decoder)
        return fail(unreadable(m_file, "holds video coded as " + m_facts.codec + ", which cannot be decoded here."));
    if (form.width <= 0 || form.height <= 0)
        return fail(unreadable(m_file, "says nothing about the size of its frames; it is damaged or cut off."));
    if (std::int64_t(form.width) * form.height > mostPixelsOfFrame || form.width > maxPictureSidePx ||
        form.height > maxPictureSidePx)
        return fail(unreadable(m_file, "claims frames of " + std::to_string(form.width) + " × " +
                                           std::to_string(form.height) + " pixels, more than Mien opens."));
    m_codec.reset(avcodec_alloc_context3(decoder));
    if (!m_codec || avcodec_parameters_to_context(m_codec.get(), &form) < 0)
        return fail(ErrorCode::Internal, "There is not enough memory to open " + m_file.string() + ".");
    m_codec->thread_count = 1; // with more, what a damaged file loses depends on their number
    m_codec->pkt_timebase = stream().time_base;
    m_codec->max_pixels = mostPixelsOfFrame;
    m_codec->opaque = &m_memory;
    m_codec->get_buffer2 = FrameMemory::getBuffer;
    if (const int ready = avcodec_open2(m_codec.get(), decoder, nullptr); ready < 0)
        return fail(unreadable(m_file, "could not be decoded: " + ffmpegMessage(ready) + "."));

    m_facts.container = format->iformat->name;
    m_facts.widthPx = form.width;
    m_facts.heightPx = form.height;
    m_facts.orientation = orientationOf(stream());
    if (stream().duration != AV_NOPTS_VALUE && stream().duration > 0)
        m_facts.durationS = secondsOf(stream().duration);
    else if (format->duration != AV_NOPTS_VALUE && format->duration > 0)
        m_facts.durationS = double(format->duration) / AV_TIME_BASE;
    if (stream().avg_frame_rate.num > 0 && stream().avg_frame_rate.den > 0)
        m_facts.framesPerS = av_q2d(stream().avg_frame_rate);
    return {};
}

Error FfmpegReader::outOfMemory() const
{
    if (m_memory.hasRefused())
        return unreadable(m_file, "needs more than " + std::to_string(mostFrameBytes >> 20) +
                                      " MB of memory for its frames of " + std::to_string(m_facts.widthPx) + " × " +
                                      std::to_string(m_facts.heightPx) + " pixels that refer to each other.");
    return {ErrorCode::Internal, "There is not enough memory to decode " + m_file.string() + "."};
}

void FfmpegReader::lose()
{
    ++m_loss.packets;
    m_skipsToKey = true;
}

/// Hands the decoder one packet of the video, or the end.
Result<> FfmpegReader::feed()
{
    while (true) {
        const int read = av_read_frame(m_format.get(), m_packet.get());
        if (read == AVERROR(ENOMEM))
            return fail(ErrorCode::Internal, "There is not enough memory to read " + m_file.string() + ".");
        if (read < 0) {
            if (read != AVERROR_EOF)
                m_loss.endedEarly = ffmpegMessage(read);
            m_isDrained = true;
            avcodec_send_packet(m_codec.get(), nullptr);
            return {};
        }
        const bool isOurs = m_packet->stream_index == int(m_stream);
        if (isOurs && m_skipsToKey && !(m_packet->flags & AV_PKT_FLAG_KEY)) {
            ++m_loss.packets;
        } else if (isOurs) {
            m_skipsToKey = false;
            const int sent = avcodec_send_packet(m_codec.get(), m_packet.get());
            av_packet_unref(m_packet.get());
            if (sent == AVERROR(ENOMEM) || m_memory.hasRefused())
                return fail(outOfMemory());
            if (sent < 0)
                lose();
            return {};
        }
        av_packet_unref(m_packet.get());
    }
}

Result<std::optional<VideoFrame>> FfmpegReader::decode(AVFrame &into)
{
    while (true) {
        const int got = avcodec_receive_frame(m_codec.get(), &into);
        if (got == 0 && into.width <= maxPictureSidePx && into.height <= maxPictureSidePx)
            return described(into);
        if (got == AVERROR_EOF || (got == AVERROR(EAGAIN) && m_isDrained))
            return std::nullopt;
        if (got == AVERROR(ENOMEM) || m_memory.hasRefused())
            return fail(outOfMemory());
        if (got != AVERROR(EAGAIN)) { // also a frame that grew beyond what is opened
            lose();
            continue;
        }
        if (const auto fed = feed(); !fed)
            return fail(fed.error());
    }
}

VideoFrame FfmpegReader::described(const AVFrame &frame)
{
    VideoFrame answer;
    answer.pts = frame.best_effort_timestamp != AV_NOPTS_VALUE ? frame.best_effort_timestamp : m_expectedPts;
    const double step = m_facts.framesPerS > 0 ? 1 / m_facts.framesPerS : 0.04;
    m_expectedPts = av_sat_add64(answer.pts, std::max<std::int64_t>(1, ptsAt(step)));
    answer.timeS = secondsOf(answer.pts);
    answer.isDamaged = frame.decode_error_flags != 0 || (frame.flags & AV_FRAME_FLAG_CORRUPT);
    m_loss.damagedFrames += answer.isDamaged;
    return answer;
}

Result<std::optional<VideoFrame>> FfmpegReader::next()
{
    if (!m_codec)
        return fail(goneMeanwhile());
    if (m_pending) {
        std::swap(m_frame, m_ahead);
        m_shown = std::exchange(m_pending, std::nullopt);
        return m_shown;
    }
    // Into the other one, so that at the end the newest frame stays.
    auto decoded = decode(*m_ahead);
    if (decoded && *decoded) {
        std::swap(m_frame, m_ahead);
        m_shown = **decoded;
    }
    return decoded;
}

/// Whether decoding on from the newest frame is shorter than going to the key frame before `timeS`.
bool FfmpegReader::isNearer(double timeS) const
{
    constexpr double withoutIndexS = 10;
    if (!m_shown || m_shown->timeS > timeS + halfMicrosecond)
        return false;
    if (!hasTimes())
        return true;
    AVStream *const video = m_format->streams[m_stream];
    const AVIndexEntry *key = avformat_index_get_entry_from_timestamp(video, ptsAt(timeS), AVSEEK_FLAG_BACKWARD);
    // Some containers know key frames only as far as they were read: then the index says nothing of what is ahead.
    const int entries = avformat_index_get_entries_count(video);
    const AVIndexEntry *last = entries > 0 ? avformat_index_get_entry(video, entries - 1) : nullptr;
    const bool reachesAhead = last && last->timestamp > m_shown->pts;
    return key && reachesAhead ? key->timestamp <= m_shown->pts : timeS - m_shown->timeS < withoutIndexS;
}

Result<> FfmpegReader::rewind()
{
    m_shown.reset();
    m_pending.reset();
    m_isDrained = false;
    m_skipsToKey = false;
    return open(); // not every container can be sent back to its first frame
}

/// Decodes the first frame behind a key frame that is not later than `timeS`, or the first one of the file.
Result<VideoFrame> FfmpegReader::goBefore(double timeS)
{
    m_shown.reset();
    m_pending.reset();
    // Containers find key frames by decoding time, and frames in front of one may need the group before it: where the
    // first frame is too late, an earlier key frame is the right one.
    for (double backS = 0;; backS = backS == 0 ? 1 : backS * 4) {
        const std::int64_t startPts = stream().start_time != AV_NOPTS_VALUE ? stream().start_time : 0;
        const bool isStart = timeS - backS <= secondsOf(startPts) || !hasTimes();
        if (isStart) {
            if (const auto rewound = rewind(); !rewound)
                return fail(rewound.error());
        } else {
            const std::int64_t to = ptsAt(timeS - backS);
            if (avformat_seek_file(m_format.get(), int(m_stream), INT64_MIN, to, to, 0) < 0)
                continue;
            avcodec_flush_buffers(m_codec.get());
            m_isDrained = false;
            m_skipsToKey = false;
        }
        const auto first = decode(*m_ahead);
        if (!first)
            return fail(first.error());
        const bool isTimed = m_ahead->best_effort_timestamp != AV_NOPTS_VALUE;
        if (*first && (isStart || (isTimed && (*first)->timeS <= timeS + halfMicrosecond))) {
            std::swap(m_frame, m_ahead);
            m_shown = **first;
            return **first;
        }
        if (isStart)
            return fail(ErrorCode::NotFound, m_file.string() + " holds no frame that can be decoded.");
    }
}

Result<VideoFrame> FfmpegReader::at(double timeS)
{
    if (!m_codec)
        return fail(goneMeanwhile());
    if (!std::isfinite(timeS))
        return fail(ErrorCode::Invalid, "A time in a video is a number of seconds.");
    if (!isNearer(timeS))
        if (const auto gone = goBefore(timeS); !gone)
            return fail(gone.error());
    while (m_shown->timeS < timeS - halfMicrosecond) {
        if (!m_pending) {
            const auto ahead = decode(*m_ahead);
            if (!ahead)
                return fail(ahead.error());
            if (!*ahead)
                break;
            m_pending = **ahead;
        }
        if (m_pending->timeS > timeS + halfMicrosecond)
            break;
        std::swap(m_frame, m_ahead);
        m_shown = std::exchange(m_pending, std::nullopt);
    }
    return *m_shown;
}

class FfmpegVideo final : public Video
{
public:
    FfmpegVideo() { av_log_set_level(AV_LOG_QUIET); } // what is wrong with a file is said in our words

    Result<std::unique_ptr<VideoReader>> open(const fs::path &file) const override
    {
        auto reader = std::make_unique<FfmpegReader>(file);
        if (const auto opened = reader->open(); !opened)
            return fail(opened.error());
        return std::unique_ptr<VideoReader>(std::move(reader));
    }
    Result<std::unique_ptr<VideoWriter>> create(const fs::path &file, const VideoForm &form) const override
    {
        return ffmpegWriter(file, form);
    }
};

} // namespace

} // namespace mien

const mien::Video *mienVideo()
{
    static const mien::FfmpegVideo video;
    return &video;
}
