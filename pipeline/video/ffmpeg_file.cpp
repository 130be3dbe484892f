#include "pipeline/video/ffmpeg_file.h"

#include "pipeline/imaging/content_kind.h"
#include "pipeline/imaging/picture_header.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

namespace {

namespace fs = std::filesystem;

/// Containers that cameras, phones and data sets use. Playlists and everything else that names other files are not
/// among them.
constexpr const char *containers =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,asf,flv,ogg,mjpeg,h264,hevc,m4v,ivf";
/// 8K and a little more.
constexpr std::int64_t mostPixelsOfFrame = 40'000'000;
/// Of frames that are decoded only to learn what a container does not say.
constexpr std::int64_t mostProbedPixels = 20'000'000;

constexpr const char *copyOrConvert =
    "If another player shows it, convert it to MP4 or Matroska; else copy it again from where it came from.";
constexpr const char *copyAgain = "Copy it again from where it came from.";

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
        return unreadable(file, "could not be opened as a video: " + ffmpegMessage(error) + ". " + copyOrConvert);
    const std::string what = describe(kind); // with advice of its own where there is some
    return unreadable(file, "is no video but " + what +
                                (what.find(';') == std::string::npos ? "; choose another file." : "."));
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

/// What a file of streams without a video is, and what to do about it.
std::string withoutVideo(const AVFormatContext &format)
{
    bool hasSound = false, hasCover = false;
    for (unsigned i = 0; i < format.nb_streams; ++i) {
        hasSound = hasSound || format.streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
        hasCover = hasCover || (format.streams[i]->disposition & AV_DISPOSITION_ATTACHED_PIC);
    }
    if (hasCover)
        return std::string(hasSound ? "holds sound and a picture that is attached to it (a cover), but no video."
                                    : "holds a picture that is attached to it (a cover), but no video.") +
               " Save that picture as a file of its own to use it.";
    return std::string(hasSound ? "holds sound but no video." : "holds no video.") +
           " Choose the file that has the pictures.";
}

/// Length in AV_TIME_BASE. Matroska says at which time it ends, which is more where its first frame is not at 0.
std::int64_t lengthOf(const AVFormatContext &format)
{
    const bool saysItsEnd = std::string_view(format.iformat->name).starts_with("matroska");
    const bool startsLate = format.start_time != AV_NOPTS_VALUE && format.start_time > 0;
    return saysItsEnd && startsLate && format.start_time < format.duration ? format.duration - format.start_time
                                                                           : format.duration;
}

struct VideoLength
{
    double seconds = 0;     ///< 0: not known.
    bool isOfVideo = false; ///< Not of the whole file, whose sound may be longer.
};

VideoLength lengthOfVideo(const AVFormatContext &format, const AVStream &video)
{
    const std::string_view container = format.iformat->name;
    const double tickS = av_q2d(video.time_base), rate = av_q2d(video.avg_frame_rate);
    VideoLength length;
    if (video.duration != AV_NOPTS_VALUE && video.duration > 0)
        length = {double(video.duration) * tickS, container.starts_with("mov") || container == "avi"};
    // AVI counts its frames; of a file that was cut off the length is a guess by its size.
    if (container == "avi" && video.avg_frame_rate.den > 0 && rate > 0)
        length.seconds = std::max(length.seconds, double(video.nb_frames) / rate);
    // Matroska notes the end of each stream: "00:01:02.345000000".
    const AVDictionaryEntry *tag = av_dict_get(video.metadata, "DURATION", nullptr, 0);
    int hours = 0, minutes = 0;
    double seconds = 0;
    if (length.seconds == 0 && tag && std::sscanf(tag->value, "%d:%d:%lf", &hours, &minutes, &seconds) == 3) {
        const double startS = video.start_time != AV_NOPTS_VALUE ? double(video.start_time) * tickS : 0;
        length = {std::max(0.0, hours * 3600.0 + minutes * 60.0 + seconds - std::max(0.0, startS)), true};
    }
    if (length.seconds == 0 && format.duration != AV_NOPTS_VALUE && format.duration > 0)
        length.seconds = double(lengthOf(format)) / AV_TIME_BASE;
    return length;
}

} // namespace

Result<FfmpegFile> FfmpegFile::open(const fs::path &path, FrameMemory &memory)
{
    std::error_code error;
    const auto status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found)
        return fail(ErrorCode::NotFound,
                    path.string() + " does not exist. Check its name, and that its drive is there.");
    if (status.type() == fs::file_type::none)
        return fail(unreadable(path, "cannot be looked at: " + error.message() + ". Check that you may read it."));
    if (fs::is_directory(status))
        return fail(unreadable(path, "is a folder, not a video. Name the files in it."));
    if (fs::is_regular_file(status) && fs::file_size(path, error) == 0)
        return fail(unreadable(path, std::string("is empty (0 bytes). ") + copyAgain));

    FfmpegFile file;
    AVFormatContext *format = avformat_alloc_context();
    if (format) {
        format->format_whitelist = av_strdup(containers);
        format->max_streams = 64;
    }
    AVDictionary *options = nullptr;
    av_dict_set(&options, "protocol_whitelist", "file", 0);
    const int opened = avformat_open_input(&format, ("file:" + path.string()).c_str(), nullptr, &options);
    av_dict_free(&options);
    if (opened < 0)
        return fail(notAVideo(path, opened)); // FFmpeg has freed the context
    file.format.reset(format);
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
        return fail(unreadable(path, "could not be read as a video: " + ffmpegMessage(found) + ". " + copyOrConvert));

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
        return fail(unreadable(path, withoutVideo(*format)));
    file.stream = video;

    const AVCodecParameters &form = *file.video().codecpar;
    const AVCodec *decoder = avcodec_find_decoder(form.codec_id);
    file.facts.codec = avcodec_get_name(form.codec_id);
    if (form.codec_id == AV_CODEC_ID_NONE)
        return fail(unreadable(path, std::string("does not say how its frames are coded; it is damaged or cut off. ") +
                                         copyAgain));
    if (!decoder)
        return fail(unreadable(path, "holds video coded as " + file.facts.codec +
                                         ", which cannot be decoded here. Convert it to H.264 in MP4 or Matroska."));
    if (form.width <= 0 || form.height <= 0)
        return fail(unreadable(
            path, std::string("says nothing about the size of its frames; it is damaged or cut off. ") + copyAgain));
    if (std::int64_t(form.width) * form.height > mostPixelsOfFrame || form.width > maxPictureSidePx ||
        form.height > maxPictureSidePx)
        return fail(unreadable(path, "claims frames of " + std::to_string(form.width) + " × " +
                                         std::to_string(form.height) +
                                         " pixels, more than Mien opens. Scale it down to 8K or less."));
    file.codec.reset(avcodec_alloc_context3(decoder));
    if (!file.codec || avcodec_parameters_to_context(file.codec.get(), &form) < 0)
        return fail(ErrorCode::Internal, "There is not enough memory to open " + path.string() + ".");
    file.codec->thread_count = 1; // with more, what a damaged file loses depends on their number
    file.codec->pkt_timebase = file.video().time_base;
    file.codec->max_pixels = mostPixelsOfFrame;
    memory.serve(*file.codec);
    if (const int ready = avcodec_open2(file.codec.get(), decoder, nullptr); ready < 0)
        return fail(unreadable(path, "could not be decoded: " + ffmpegMessage(ready) + ". " + copyOrConvert));

    file.facts.container = format->iformat->name;
    file.facts.widthPx = form.width;
    file.facts.heightPx = form.height;
    file.facts.orientation = orientationOf(file.video());
    const VideoLength length = lengthOfVideo(*format, file.video());
    file.facts.durationS = length.seconds;
    file.isLengthOfVideo = length.isOfVideo;
    if (file.video().avg_frame_rate.num > 0 && file.video().avg_frame_rate.den > 0)
        file.facts.framesPerS = av_q2d(file.video().avg_frame_rate);
    return file;
}

} // namespace mien
