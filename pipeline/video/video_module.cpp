#include "pipeline/imaging/picture_header.h"
#include "pipeline/video/coming_frames.h"
#include "pipeline/video/ffmpeg_file.h"
#include "pipeline/video/ffmpeg_writer.h"
#include "pipeline/video/frame_memory.h"
#include "pipeline/video/frame_pictures.h"
#include "pipeline/video/packet_pictures.h"
#include "pipeline/video/video.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

namespace mien {

namespace {

namespace fs = std::filesystem;

constexpr double halfMicrosecond = 0.5e-6;
/// That are read ahead to learn which of their frames are wanted: more than a decoder may hold back.
constexpr std::size_t mostPacketsAhead = 32;
constexpr std::int64_t mostBytesAhead = 16 << 20;

Error unreadable(const fs::path &file, const std::string &what)
{
    return {ErrorCode::Unreadable, file.string() + " " + what};
}

class FfmpegReader final : public VideoReader
{
public:
    explicit FfmpegReader(fs::path file)
        : m_file(std::move(file))
        , m_frame(av_frame_alloc())
        , m_ahead(av_frame_alloc())
    {
    }

    Result<> open();

    const VideoFacts &facts() const override { return m_facts; }
    const VideoLoss &loss() const override { return m_loss; }
    Result<std::optional<VideoFrame>> next(const std::stop_token &stop) override;
    void choose(const FrameChoice &choice) override;
    const FrameChoice &choice() const override { return m_choice; }
    Result<VideoFrame> at(double timeS) override;
    Result<> rewind() override;
    Result<Picture> picture(int mostSidePx) const override { return m_pictures.rgb(*m_frame, mostSidePx); }
    Result<Picture> luma() const override { return m_pictures.luma(*m_frame); }
    Result<std::vector<std::uint8_t>> jpeg(int quality) override
    {
        return m_pictures.jpeg(*m_frame, m_facts.orientation, quality);
    }

private:
    const AVStream &stream() const { return m_open.video(); }
    double tickS() const { return av_q2d(stream().time_base); }
    double secondsOf(std::int64_t pts) const { return double(pts) * tickS(); }
    /// A bare stream has none: they are counted from where the reading began.
    bool hasTimes() const { return !(m_open.format->iformat->flags & AVFMT_NOTIMESTAMPS); }
    std::int64_t ptsAt(double timeS) const
    {
        constexpr double most = 1e15; // far beyond any video, and exact in both types
        const double pts = timeS / tickS();
        return std::isfinite(pts) ? std::llround(std::clamp(pts, -most, most)) : 0;
    }
    bool isSmallEnough(const AVFrame &frame) const
    {
        return frame.width <= maxPictureSidePx && frame.height <= maxPictureSidePx;
    }
    Result<std::optional<VideoFrame>> decode(AVFrame &into);
    Result<> feed();
    Result<> readAhead();
    Result<> readPacket();
    bool foresee(const AVPacket &packet);
    bool isSettled(const AVPacket &packet);
    bool isPassedOver(const AVPacket &packet) const;
    bool isAsForeseen(const AVFrame &frame);
    void distrust();
    double timeOf(const AVPacket &packet) const;
    void count(const AVPacket &packet);
    void noteEnd();
    void lose(double timeS);
    VideoFrame described(const AVFrame &frame);
    Result<bool> begin(std::optional<std::int64_t> fromPts);
    Result<> goBack();
    Result<VideoFrame> goBefore(double timeS);
    Result<VideoFrame> goForward(double timeS);
    bool isNearer(double timeS) const;
    Error outOfMemory() const;
    Error goneMeanwhile() const { return unreadable(m_file, "could not be opened a second time."); }

    fs::path m_file;
    FrameMemory m_memory;         ///< Outlives all frames.
    FfmpegFile m_open;            ///< Empty where opening it a second time failed.
    FfmpegOwner<AVFrame> m_frame; ///< The newest one given out.
    FfmpegOwner<AVFrame> m_ahead; ///< Decoded to know that the newest one is the one that was wanted.
    std::optional<VideoFrame> m_shown, m_pending;
    bool m_isBeforeKey = false; ///< Not every container goes to a key frame when it is sent somewhere.
    bool m_skipsToKey = false;
    bool m_isDrained = false;
    std::int64_t m_expectedPts = 0;

    std::deque<FfmpegOwner<AVPacket>> m_packets; ///< Read, not yet decoded.
    std::int64_t m_packetBytes = 0;
    std::optional<int> m_readEnd;             ///< FFmpeg's reason why there are no more.
    std::optional<std::int64_t> m_newestRead; ///< In the order of decoding, of all that were ever read.
    double m_readUpToS = -1e300;              ///< When the last of them is shown.
    double m_sentS = 0;                       ///< When the newest packet that the decoder got is shown.

    std::optional<std::int64_t> m_begunAt;    ///< What this decoding was sent to; empty: the beginning of the file.
    FrameChoice m_choice;                     ///< Asked for the frames gone through,
    FrameChoice m_choiceOfShown;              ///< for those up to the newest given out,
    std::optional<FrameChoice> m_choiceAhead; ///< and for those whose packets were read; empty: not yet in use.
    std::optional<double> m_passedOverUpToS;  ///< Of what is in front of this time only the last is wanted.
    std::unique_ptr<PacketPictures> m_packetPictures;
    ComingFrames m_coming;
    std::vector<std::int64_t> m_leftOut; ///< PTS of the frames in front of the newest decoded one that were not.
    bool m_isForeseen = false;           ///< No packet or frame of this decoding was other than it had to be.
    bool m_mayPassOver = true;           ///< It never had to go back.
    bool m_hasPassedOver = false;        ///< In this decoding.
    bool m_mustGoBack = false;
    VideoFacts m_facts;
    VideoLoss m_loss;
    mutable FramePictures m_pictures;
};

Result<> FfmpegReader::open()
{
    m_expectedPts = 0;
    m_open = {};
    if (!m_frame || !m_ahead)
        return fail(ErrorCode::Internal, "There is not enough memory to open " + m_file.string() + ".");
    auto opened = FfmpegFile::open(m_file, m_memory);
    if (!opened)
        return fail(opened.error());
    m_open = std::move(*opened);
    m_facts = m_open.facts;
    m_packetPictures = hasTimes() ? PacketPictures::of(*stream().codecpar, *m_open.codec->codec) : nullptr;
    m_isForeseen = m_mayPassOver && m_packetPictures;
    return {};
}

Error FfmpegReader::outOfMemory() const
{
    if (m_memory.hasRefused())
        return unreadable(m_file, "needs more than " + std::to_string(FrameMemory::mostBytes >> 20) +
                                      " MB of memory for its frames of " + std::to_string(m_facts.widthPx) + " × " +
                                      std::to_string(m_facts.heightPx) + " pixels that refer to each other.");
    return {ErrorCode::Internal, "There is not enough memory to decode " + m_file.string() + "."};
}

/// When the packet's frame is shown, as far as it says.
double FfmpegReader::timeOf(const AVPacket &packet) const
{
    return secondsOf(packet.pts != AV_NOPTS_VALUE   ? packet.pts
                     : packet.dts != AV_NOPTS_VALUE ? packet.dts
                                                    : m_expectedPts);
}

void FfmpegReader::count(const AVPacket &packet)
{
    m_readUpToS = std::max(m_readUpToS, timeOf(packet)); // how long it lasts may be a guess from the end of all
    const std::int64_t order = packet.dts != AV_NOPTS_VALUE   ? packet.dts
                               : packet.pts != AV_NOPTS_VALUE ? packet.pts
                                                              : packet.pos;
    if (m_newestRead && order <= *m_newestRead)
        return; // for the second time
    m_newestRead = order;
    ++m_loss.packetsRead;
}

/// Tells whether the packets end before the video should.
void FfmpegReader::noteEnd()
{
    const double startS = stream().start_time != AV_NOPTS_VALUE ? secondsOf(stream().start_time) : 0;
    const double missingS =
        startS + m_facts.durationS - m_readUpToS - (m_facts.framesPerS > 0 ? 1 / m_facts.framesPerS : 0);
    const bool isMuch = missingS > 1 && missingS > 0.05 * m_facts.durationS;
    const bool isKnown = hasTimes() && m_newestRead && m_open.isLengthOfVideo;
    m_loss.missingEndS = isKnown && isMuch ? missingS : 0;
    m_loss.missingShare = m_loss.missingEndS > 0 ? std::min(1.0, missingS / m_facts.durationS) : 0;
}

void FfmpegReader::lose(double timeS)
{
    const auto timeUs = std::llround(timeS * 1e6);
    // Where packets do not say when they are shown, each counts all the same.
    m_loss.packetsUs.insert(hasTimes() ? timeUs : timeUs + std::int64_t(m_loss.packetsUs.size()));
    m_skipsToKey = true;
    distrust();
}

/// From here on every frame is decoded, also those that were passed over since this decoding began.
void FfmpegReader::distrust()
{
    if (m_isForeseen && m_hasPassedOver) {
        m_mustGoBack = true;
        m_mayPassOver = false;
    }
    m_isForeseen = false;
    m_coming.clear();
}

/// False: what will come out of the decoder is not sure.
bool FfmpegReader::foresee(const AVPacket &packet)
{
    if (packet.flags & AV_PKT_FLAG_DISCARD)
        return true; // decoded, never shown
    const bool changesForm = av_packet_get_side_data(&packet, AV_PKT_DATA_NEW_EXTRADATA, nullptr) ||
                             av_packet_get_side_data(&packet, AV_PKT_DATA_PARAM_CHANGE, nullptr);
    return !changesForm && !(packet.flags & AV_PKT_FLAG_CORRUPT) && packet.pts != AV_NOPTS_VALUE &&
           packet.dts != AV_NOPTS_VALUE && m_packetPictures->isOne(packet) &&
           m_coming.read(packet.pts, packet.dts, m_open.codec->has_b_frames);
}

Result<> FfmpegReader::readPacket()
{
    FfmpegOwner<AVPacket> packet(av_packet_alloc());
    if (!packet)
        return fail(outOfMemory());
    while (true) {
        const int read = av_read_frame(m_open.format.get(), packet.get());
        if (read < 0) { // also where no memory is: a damaged header asks for packets of any size
            m_readEnd = read;
            m_coming.readAll();
            noteEnd();
            return {};
        }
        const bool isOurs = packet->stream_index == int(m_open.stream);
        if (isOurs && (packet->flags & AV_PKT_FLAG_KEY))
            m_isBeforeKey = false;
        if (isOurs && !m_isBeforeKey)
            break;
        av_packet_unref(packet.get());
    }
    if (m_isForeseen && !foresee(*packet))
        distrust();
    count(*packet);
    m_packetBytes += packet->size;
    m_packets.push_back(std::move(packet));
    return {};
}

/// Whether it is known if the packet's frame may be passed over.
bool FfmpegReader::isSettled(const AVPacket &packet)
{
    if (!m_isForeseen || !m_coming.hasBegun() || !m_coming.isComing(packet.pts))
        return true;
    if (m_passedOverUpToS)
        return m_coming.following(packet.pts) || m_coming.knowsUpTo(ptsAt(*m_passedOverUpToS));
    if (!m_choiceAhead)
        return true;
    m_coming.settle(*m_choiceAhead, tickS());
    return m_coming.isWanted(packet.pts).has_value();
}

bool FfmpegReader::isPassedOver(const AVPacket &packet) const
{
    if (!m_isForeseen || !m_coming.hasBegun() || !m_coming.isComing(packet.pts))
        return false;
    if (m_passedOverUpToS) {
        const auto following = m_coming.following(packet.pts);
        return following && secondsOf(*following) <= *m_passedOverUpToS;
    }
    return m_choiceAhead && m_coming.isWanted(packet.pts) == false;
}

/// So far that the next packet is settled, within limits.
Result<> FfmpegReader::readAhead()
{
    while (!m_readEnd && (m_packets.empty() || (m_packets.size() < mostPacketsAhead && m_packetBytes < mostBytesAhead &&
                                                !isSettled(*m_packets.front()))))
        if (const auto read = readPacket(); !read)
            return read;
    return {};
}

/// Hands the decoder one packet of the video, or the end.
Result<> FfmpegReader::feed()
{
    while (true) {
        if (const auto read = readAhead(); !read || m_mustGoBack)
            return read;
        if (m_packets.empty()) {
            if (*m_readEnd != AVERROR_EOF)
                m_loss.endedEarly = ffmpegMessage(*m_readEnd);
            m_isDrained = true;
            avcodec_send_packet(m_open.codec.get(), nullptr);
            return {};
        }
        const FfmpegOwner<AVPacket> packet = std::move(m_packets.front());
        m_packets.pop_front();
        m_packetBytes -= packet->size;
        if (m_skipsToKey && !(packet->flags & AV_PKT_FLAG_KEY)) {
            lose(timeOf(*packet));
            continue;
        }
        m_sentS = timeOf(*packet);
        m_skipsToKey = false;
        const bool isPassedOver = this->isPassedOver(*packet);
        m_hasPassedOver = m_hasPassedOver || isPassedOver;
        m_coming.sent(packet->pts, isPassedOver);
        m_open.codec->skip_frame = isPassedOver ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
        const int sent = avcodec_send_packet(m_open.codec.get(), packet.get());
        if (sent == AVERROR(ENOMEM) || m_memory.hasRefused())
            return fail(outOfMemory());
        if (sent < 0)
            lose(m_sentS);
        return {};
    }
}

bool FfmpegReader::isAsForeseen(const AVFrame &frame)
{
    const auto leftOut = frame.pts == frame.best_effort_timestamp ? m_coming.shown(frame.pts) : std::nullopt;
    m_leftOut = leftOut.value_or(std::vector<std::int64_t>());
    return leftOut.has_value();
}

/// The next frame that comes out of the decoder, wanted or not.
Result<std::optional<VideoFrame>> FfmpegReader::decode(AVFrame &into)
{
    while (true) {
        m_leftOut.clear();
        if (m_mustGoBack)
            if (const auto gone = goBack(); !gone)
                return fail(gone.error());
        const int got = avcodec_receive_frame(m_open.codec.get(), &into);
        if (got == 0 && isSmallEnough(into)) {
            const VideoFrame frame = described(into);
            if (m_isForeseen && (frame.isDamaged || !isAsForeseen(into)))
                distrust();
            if (m_mustGoBack)
                continue;
            return frame;
        }
        if (got == AVERROR_EOF || (got == AVERROR(EAGAIN) && m_isDrained)) {
            if (m_isForeseen) {
                auto leftOut = m_coming.ended();
                if (!leftOut)
                    distrust();
                else
                    m_leftOut = std::move(*leftOut);
            }
            if (m_mustGoBack)
                continue;
            return std::nullopt;
        }
        if (got == AVERROR(ENOMEM) || m_memory.hasRefused())
            return fail(outOfMemory());
        if (got != AVERROR(EAGAIN)) { // also a frame that grew beyond what is opened
            lose(m_sentS);
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
    if (answer.isDamaged)
        m_loss.damagedFramesUs.insert(std::llround(answer.timeS * 1e6));
    return answer;
}

void FfmpegReader::choose(const FrameChoice &choice)
{
    if (m_choiceAhead)
        distrust(); // frames that are wanted now may be passed over already
    m_choiceAhead.reset();
    m_choice = m_choiceOfShown = choice;
}

Result<std::optional<VideoFrame>> FfmpegReader::next(const std::stop_token &stop)
{
    if (!m_open.codec)
        return fail(goneMeanwhile());
    while (true) {
        if (stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Stopped.");
        auto frame = std::exchange(m_pending, std::nullopt);
        if (!frame) {
            if (!m_choiceAhead && !m_choice.takesAll() && m_coming.hasBegun())
                m_choiceAhead = m_choice; // so far all that was read ahead has to be decoded
            // Into the other one, so that the newest frame given out stays.
            const auto decoded = decode(*m_ahead);
            if (!decoded)
                return decoded;
            for (const std::int64_t pts : m_leftOut)
                m_choice.takes(secondsOf(pts)); // as m_choiceAhead said: it does not
            if (!*decoded)
                return std::nullopt;
            frame = *decoded;
        }
        if (!m_choice.takes(frame->timeS))
            continue;
        std::swap(m_frame, m_ahead);
        m_shown = frame;
        m_choiceOfShown = m_choice;
        return m_shown;
    }
}

/// Whether decoding on from the newest frame is shorter than going to the key frame before `timeS`.
bool FfmpegReader::isNearer(double timeS) const
{
    constexpr double withoutIndexS = 10;
    if (!m_shown || m_shown->timeS > timeS + halfMicrosecond)
        return false;
    if (!hasTimes())
        return true;
    AVStream *const video = m_open.format->streams[m_open.stream];
    const AVIndexEntry *key = avformat_index_get_entry_from_timestamp(video, ptsAt(timeS), AVSEEK_FLAG_BACKWARD);
    // Some containers know key frames only as far as they were read: then the index says nothing of what is ahead.
    const int entries = avformat_index_get_entries_count(video);
    const AVIndexEntry *last = entries > 0 ? avformat_index_get_entry(video, entries - 1) : nullptr;
    const bool reachesAhead = last && last->timestamp > m_shown->pts;
    return key && reachesAhead ? key->timestamp <= m_shown->pts : timeS - m_shown->timeS < withoutIndexS;
}

/// Begins to decode at a key frame that is not later, or with the file's first packet. False: the file cannot be sent
/// there.
Result<bool> FfmpegReader::begin(std::optional<std::int64_t> fromPts)
{
    m_packets.clear();
    m_packetBytes = 0;
    m_readEnd.reset();
    m_coming.clear();
    m_leftOut.clear();
    m_choiceAhead.reset();
    m_begunAt = fromPts;
    m_isDrained = m_skipsToKey = m_hasPassedOver = m_mustGoBack = false;
    m_isBeforeKey = fromPts.has_value();
    if (!fromPts) // not every container can be sent back to its first frame
        return open().transform([] { return true; });
    if (avformat_seek_file(m_open.format.get(), int(m_open.stream), INT64_MIN, *fromPts, *fromPts, 0) < 0)
        return false;
    avcodec_flush_buffers(m_open.codec.get());
    m_isForeseen = m_mayPassOver && m_packetPictures;
    return true;
}

/// Decodes again from where this decoding began, now every frame, up to the newest one given out.
Result<> FfmpegReader::goBack()
{
    m_choice = m_choiceOfShown;
    const auto begun = begin(m_begunAt);
    if (!begun)
        return fail(begun.error());
    if (!*begun)
        return fail(goneMeanwhile());
    bool isThere = !m_shown;
    while (!isThere) {
        const auto frame = decode(*m_ahead);
        if (!frame)
            return fail(frame.error());
        if (!*frame)
            return fail(unreadable(m_file, "was read another way the second time; it was changed meanwhile."));
        isThere = (*frame)->pts == m_shown->pts;
    }
    return {};
}

Result<> FfmpegReader::rewind()
{
    m_shown.reset();
    m_pending.reset();
    m_choice = m_choiceOfShown = FrameChoice();
    return begin({}).transform([](bool) {});
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
        const auto begun = begin(isStart ? std::nullopt : std::optional(ptsAt(timeS - backS)));
        if (!begun)
            return fail(begun.error());
        if (!*begun)
            continue;
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

/// Decodes on to the frame at `timeS`.
Result<VideoFrame> FfmpegReader::goForward(double timeS)
{
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

Result<VideoFrame> FfmpegReader::at(double timeS)
{
    if (!m_open.codec)
        return fail(goneMeanwhile());
    if (!std::isfinite(timeS))
        return fail(ErrorCode::Invalid, "A time in a video is a number of seconds.");
    const bool isBehindShown = !m_choice.takesAll(); // frames behind the newest one were gone through
    m_choice = m_choiceOfShown = FrameChoice();
    if (isBehindShown || !isNearer(timeS))
        if (const auto gone = goBefore(timeS); !gone)
            return fail(gone.error());
    m_passedOverUpToS = timeS + halfMicrosecond;
    auto found = goForward(timeS);
    m_passedOverUpToS.reset();
    return found;
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
