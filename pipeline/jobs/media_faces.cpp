#include "pipeline/jobs/media_faces.h"

#include "pipeline/dedup/perceptual_hash.h"
#include "pipeline/face/upright_box.h"
#include "pipeline/face/video_turn.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/import/picture_import.h"
#include "pipeline/import/pixel_hash.h"
#include "pipeline/jobs/reading_mark.h"
#include "pipeline/video/media_probe.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cmath>

namespace mien {

namespace {

constexpr std::size_t mostFramesOfPart = 100;
constexpr std::chrono::seconds mostTimeOfPart(20);

Problem problemOf(const ExtractableMedia &media, std::string reason, std::string detail)
{
    return {std::move(reason), media.sourceKey, media.source, 0, std::move(detail)};
}

/// Such an error ends the reading of one file; every other one ends everything.
bool isOfTheFile(const Error &error)
{
    return error.code != ErrorCode::Cancelled && error.code != ErrorCode::NoSpace && error.code != ErrorCode::Internal;
}

void noteLoss(const ExtractableMedia &media, const VideoLoss &loss, MediaFaces &found)
{
    if (loss.isNone())
        return;
    std::string text = textOf(loss);
    text.front() = char(std::toupper(static_cast<unsigned char>(text.front())));
    found.problems.push_back(problemOf(media, mien::problemOf(loss), text + "."));
}

/// What copies of a picture or frame are known by. A large one is shrunk before it is turned: it need not fit into
/// memory once more.
FacePicture pictureOf(const Imaging &codec, const Picture &stored, int turnDeg)
{
    constexpr double largePx = 1536;
    const double scale = largePx / std::max(stored.widthPx, stored.heightPx);
    const auto small = [&] {
        return codec.resized(stored, std::max(1, int(stored.widthPx * scale)),
                             std::max(1, int(stored.heightPx * scale)));
    };
    const std::uint64_t hash =
        scale < 1 ? perceptualHash(*UprightView(small(), turnDeg)) : perceptualHash(*UprightView(stored, turnDeg));
    const bool isOnItsSide = (stored.orientation >= 5) != (turnDeg % 180 != 0);
    return {isOnItsSide ? stored.heightPx : stored.widthPx, isOnItsSide ? stored.widthPx : stored.heightPx, hash};
}

/// A margin that leaves less than half of a video is not kept to, or nothing would be left of a short one.
void noteMargin(const ExtractableMedia &media, const FrameSampling &sampling, double durationS, MediaFaces &found)
{
    const double marginS = FrameSampler::marginIn(sampling, durationS);
    const bool isUnknown = durationS <= 0 && sampling.way != FrameSampling::Way::PerVideo;
    if (marginS == sampling.marginS || (durationS <= 0 && !isUnknown))
        return;
    const std::string looked = std::to_string(found.counts.frames) +
                               (found.counts.frames == 1 ? " frame was looked at." : " frames were looked at.");
    found.problems.push_back(problemOf(media, "MARGIN_SHORTENED",
                                       isUnknown ? "It does not say how long it is, so no margin of " +
                                                       secondsText(sampling.marginS) + " was left out; " + looked
                                                 : "A margin of " + secondsText(sampling.marginS) +
                                                       " at both ends is too long for its " + secondsText(durationS) +
                                                       "; " + secondsText(marginS) + " were left out, and " + looked));
}

void noteGates(const ExtractableMedia &media, MediaFaces &found)
{
    if (found.gated == 0)
        return;
    std::string detail = std::to_string(found.gated) + (found.gated == 1 ? " face was" : " faces were") + " left out:";
    for (const auto &[gate, count] : found.gatedBy)
        detail += (detail.ends_with(':') ? " " : ", ") + std::to_string(count) + " by " + gate;
    if (media.sample && found.faces.empty())
        detail += "; the whole picture is kept";
    found.problems.push_back(problemOf(media, "GATED", detail + "."));
}

} // namespace

Result<MediaFaceReader> MediaFaceReader::load(const ExtractionSettings &settings, OnLooked onLooked)
{
    const auto codec = imaging();
    if (!codec)
        return fail(codec.error());
    auto cutter = FaceCutter::load(settings);
    if (!cutter)
        return fail(cutter.error());
    return MediaFaceReader(settings, std::move(*cutter), **codec, std::move(onLooked));
}

Result<> MediaFaceReader::read(const ExtractableMedia &media, std::string_view begun,
                               const std::filesystem::path &folder, const Sink &sink, const std::stop_token &stop) const
{
    const ReadingMark mark(media.sourceKey);
    auto spool = FaceSpool::open(folder);
    if (!spool)
        return fail(spool.error());
    MediaFaces found{.spool = std::make_shared<FaceSpool>(std::move(*spool))};
    if (!media.sample)
        return video(media, begun, std::move(found), sink, stop);
    if (const auto done = picture(media, found); !done)
        return done;
    noteGates(media, found);
    return sink(std::move(found)).transform([](bool) {});
}

Result<> MediaFaceReader::keep(const FaceCutter::Found &cut, const Picture &stored, std::optional<std::int64_t> timeUs,
                               MediaFaces &found) const
{
    found.counts.faces += std::int64_t(cut.boxes.size());
    std::optional<FacePicture> whole; // of all its faces
    int number = 0;
    for (const CutFace &face : cut.faces) {
        ++number; // a face keeps its number whatever is left out before it
        if (const auto failed = failedGates(m_settings.gates, face.measures); !failed.empty()) {
            ++found.gated;
            for (const std::string &gate : failed)
                ++found.gatedBy[gate];
            continue;
        }
        if (!whole)
            whole = pictureOf(*m_codec, stored, cut.turnedDeg);
        SpooledFace kept{.timeUs = timeUs, .number = number, .face = face.face, .measures = face.measures};
        kept.face.picture = whole;
        kept.widthPx = face.crop.widthPx;
        kept.heightPx = face.crop.heightPx;
        kept.channels = face.crop.channels;
        kept.pixelHash = pixelHash(face.crop.widthPx, face.crop.heightPx, face.crop.channels, face.crop.pixels);
        kept.perceptualHash = perceptualHash(face.crop);
        const PictureThumbnails small = thumbnailsOf(*m_codec, face.crop);
        const std::vector<std::uint8_t> png = m_codec->encodePng(face.crop);
        for (const auto &[bytes, place] : {std::pair(&png, &kept.png), std::pair(&small.jpeg96, &kept.jpeg96),
                                           std::pair(&small.jpeg192, &kept.jpeg192)}) {
            const auto added = found.spool->add(*bytes);
            if (!added)
                return fail(added.error());
            *place = *added;
        }
        ++found.counts.crops;
        found.faces.push_back(std::move(kept));
    }
    return {};
}

Result<> MediaFaceReader::picture(const ExtractableMedia &media, MediaFaces &found) const
{
    const auto bytes = wholeFile(media.media.path);
    if (!bytes) {
        found.problems.push_back(
            problemOf(media, bytes.error().code == ErrorCode::NotFound ? "MISSING_FILE" : "UNREADABLE_FILE",
                      bytes.error().message));
        return {};
    }
    auto picture = m_codec->decode(*bytes);
    if (!picture) {
        found.problems.push_back(problemOf(media, "UNREADABLE_FILE", picture.error().message));
        return {};
    }
    auto cut = m_cutter.cut(*picture, media.givenBox, media.media.turnDeg);
    m_onLooked(1, cut ? std::int64_t(cut->boxes.size()) : 0);
    if (!cut) {
        if (!isOfTheFile(cut.error()))
            return fail(cut.error());
        found.problems.push_back(problemOf(media, "UNREADABLE_FILE", cut.error().message));
        return {};
    }
    found.isRead = true;
    found.counts.frames = 1;
    if (m_settings.detector == ExtractionSettings::Detector::None) {
        // The picture is the face already: it is measured and stays where it is.
        const Picture same = picture->grayAsRgb ? grey(*picture) : std::move(*picture);
        const PictureThumbnails small = thumbnailsOf(*m_codec, same);
        SpooledFace face{.face = std::move(cut->faces.front().face),
                         .measures = std::move(cut->faces.front().measures)};
        face.widthPx = same.widthPx;
        face.heightPx = same.heightPx;
        face.channels = same.channels;
        face.pixelHash = pixelHash(same.widthPx, same.heightPx, same.channels, same.pixels);
        for (const auto &[jpeg, place] :
             {std::pair(&small.jpeg96, &face.jpeg96), std::pair(&small.jpeg192, &face.jpeg192)}) {
            const auto added = found.spool->add(*jpeg);
            if (!added)
                return fail(added.error());
            *place = *added;
        }
        found.counts.faces = 1;
        found.faces.push_back(std::move(face));
        return {};
    }
    if (cut->faces.empty()) {
        ++found.counts.noFace;
        found.problems.push_back(problemOf(media, "NO_FACE", "No face was found in it; the whole picture is kept."));
        return {};
    }
    if (cut->turnedDeg != 0 && !media.media.turnDeg)
        found.problems.push_back(
            problemOf(media, "ROTATION_GUESSED",
                      "A face was found only after turning it by " + std::to_string(cut->turnedDeg) + " degrees."));
    return keep(*cut, *picture, {}, found);
}

/// A video that is being read.
struct MediaFaceReader::Clip
{
    const ExtractableMedia &media;
    const Video &module;
    std::unique_ptr<VideoReader> reader;
    MediaFaces part; ///< In which `counts` are those of all parts.
    std::optional<FrameSampler> sampler = {};
    std::optional<FaceFollower> follower = {};
    /// Before the frame that is being looked at; with a follower, where it held nothing back last. What was found
    /// since is looked for once more after a break.
    std::optional<ClipState> settled = {};
    int turnDeg = 0;
    std::vector<double> noFaceS = {};
    VideoLoss lossBefore = {};     ///< In parts that were stored by an earlier process.
    std::int64_t framesBefore = 0; ///< Of earlier parts.
    std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now(); ///< This part.
    std::string endedBy = {}; ///< The error of the file that ended it; empty: none did.

    VideoLoss loss() const
    {
        VideoLoss all = reader->loss();
        all.packetsUs.insert(lossBefore.packetsUs.begin(), lossBefore.packetsUs.end());
        all.damagedFramesUs.insert(lossBefore.damagedFramesUs.begin(), lossBefore.damagedFramesUs.end());
        all.packetsRead += lossBefore.packetsRead; // without those on the way: see goOn()
        return all;
    }
    /// The end of it, or of everything.
    Result<bool> endsWith(const Error &error)
    {
        if (!isOfTheFile(error))
            return fail(error);
        endedBy = error.message;
        return false;
    }
    bool isPartFull() const
    {
        const auto most = std::int64_t(std::min(mostFramesOfPart, ImportWriter::batchRows()));
        return part.counts.frames - framesBefore >= most || std::chrono::steady_clock::now() - begun >= mostTimeOfPart;
    }
    /// Without what was lost, of which much may be: see handOver().
    ClipState state() const
    {
        ClipState now{.turnDeg = turnDeg,
                      .counts = part.counts,
                      .noFaceS = noFaceS,
                      .gated = part.gated,
                      .gatedBy = part.gatedBy};
        now.sampler = sampler->state();
        if (follower)
            now.tracker = follower->state();
        return now;
    }
    bool isHoldingBack() const { return follower && follower->isHoldingBack(); }
    ClipState restState() { return isHoldingBack() ? std::move(*settled) : state(); }
    /// Hands this part over, which goes up to `upTo`, and begins the next one.
    Result<> handOver(const Sink &sink, ClipState upTo)
    {
        MediaFaces next{.spool = part.spool, .counts = part.counts, .gated = part.gated, .gatedBy = part.gatedBy};
        part.state = std::move(upTo);
        part.state.loss = loss(); // what was lost since then counts once, however often it is read
        part.isLast = false;
        const auto isStored = sink(std::exchange(part, std::move(next)));
        if (!isStored)
            return fail(isStored.error());
        framesBefore = part.counts.frames;
        begun = std::chrono::steady_clock::now();
        return *isStored ? part.spool->clear() : Result<>();
    }
};

/// False, like those below: it has come to its end.
Result<bool> MediaFaceReader::begin(Clip &clip, std::string_view begun) const
{
    const VideoFacts &facts = clip.reader->facts();
    clip.sampler.emplace(*clip.reader, m_settings.sampling);
    if (FrameSampler::isDense(m_settings.sampling, facts.durationS, facts.framesPerS))
        clip.follower = FaceFollower::of(m_cutter);
    if (!begun.empty())
        if (const auto state = ClipState::read(begun);
            state && state->tracker.has_value() == clip.follower.has_value()) {
            // What is lost depends on where the decoding began, which going by time does not bring back.
            const bool isExact = state->isWhole() || m_settings.sampling.way != FrameSampling::Way::PerVideo;
            if (isExact)
                return goOn(clip, *state);
        }
    const auto turnDeg = turnOfVideo(clip.media.media, clip.module, m_cutter);
    if (!turnDeg)
        return clip.endsWith(turnDeg.error());
    clip.turnDeg = *turnDeg;
    return true;
}

Result<bool> MediaFaceReader::goOn(Clip &clip, const ClipState &from) const
{
    if (const auto gone = clip.sampler->goOn(from.sampler, from.isWhole()); !gone)
        return clip.endsWith(gone.error());
    clip.lossBefore = from.loss;
    clip.lossBefore.packetsRead -= clip.reader->loss().packetsRead; // on the way to where it goes on, once more
    clip.turnDeg = from.turnDeg;
    clip.noFaceS = from.noFaceS;
    clip.part.counts = from.counts;
    clip.framesBefore = from.counts.frames;
    if (clip.follower)
        clip.follower->goOn(*from.tracker);
    clip.part.gated = from.gated;
    clip.part.gatedBy = from.gatedBy;
    m_onLooked(std::max<std::int64_t>(from.sampler.taken, from.sampler.index), from.counts.faces);
    return true;
}

Result<Picture> MediaFaceReader::pictureOfNow(Clip &clip)
{
    auto picture = clip.reader->picture();
    if (picture)
        picture->orientation = clip.reader->facts().orientation;
    return picture;
}

/// Looks at the next frame that is wanted.
Result<bool> MediaFaceReader::nextFrame(Clip &clip, const std::stop_token &stop) const
{
    clip.settled = clip.state();
    auto frame = clip.sampler->next();
    if (!frame)
        return clip.endsWith(frame.error());
    if (!*frame)
        return false;
    const double wantedS = (*frame)->timeS;
    bool hasFace = false;
    const std::int64_t facesBefore = clip.part.counts.faces;
    while (*frame && !hasFace) {
        if (stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Stopped.");
        const auto picture = pictureOfNow(clip);
        if (!picture)
            return clip.endsWith(picture.error());
        std::optional<Picture> luma;
        if (m_settings.detector == ExtractionSettings::Detector::DlibHog) {
            auto plane = clip.reader->luma();
            if (!plane)
                return clip.endsWith(plane.error());
            luma = std::move(*plane);
            luma->orientation = picture->orientation;
        }
        const auto cut = m_cutter.cut(*picture, {}, clip.turnDeg, luma ? &*luma : nullptr);
        if (!cut)
            return clip.endsWith(cut.error());
        ++clip.part.counts.frames;
        hasFace = !cut->faces.empty();
        if (hasFace) {
            if (const auto kept = keep(*cut, *picture, std::llround((*frame)->timeS * 1e6), clip.part); !kept)
                return fail(kept.error());
        } else {
            frame = clip.sampler->instead();
            if (!frame)
                return clip.endsWith(frame.error());
        }
    }
    if (!hasFace) {
        ++clip.part.counts.noFace;
        clip.noFaceS.push_back(wantedS);
    }
    m_onLooked(1, clip.part.counts.faces - facesBefore);
    return true;
}

/// The same where faces are followed, which takes each frame that is wanted and none in its place.
Result<bool> MediaFaceReader::nextFollowed(Clip &clip) const
{
    if (!clip.isHoldingBack())
        clip.settled = clip.state();
    const auto frame = clip.sampler->next();
    if (!frame)
        return clip.endsWith(frame.error());
    if (!*frame)
        return false;
    auto picture = pictureOfNow(clip);
    if (!picture)
        return clip.endsWith(picture.error());
    const auto followed =
        clip.follower->next(std::make_shared<const Picture>(std::move(*picture)), clip.turnDeg, (*frame)->timeS);
    if (!followed)
        return clip.endsWith(followed.error());
    return keepFollowed(clip, *followed).transform([] { return true; });
}

Result<> MediaFaceReader::keepFollowed(Clip &clip, const std::vector<FaceFollower::Frame> &frames) const
{
    for (const FaceFollower::Frame &frame : frames) {
        const std::int64_t facesBefore = clip.part.counts.faces;
        ++clip.part.counts.frames;
        if (frame.found.faces.empty()) {
            ++clip.part.counts.noFace;
            clip.noFaceS.push_back(frame.timeS);
        } else if (const auto kept = keep(frame.found, *frame.stored, std::llround(frame.timeS * 1e6), clip.part);
                   !kept) {
            return fail(kept.error());
        }
        m_onLooked(1, clip.part.counts.faces - facesBefore);
    }
    return {};
}

Result<> MediaFaceReader::video(const ExtractableMedia &media, std::string_view begun, MediaFaces part,
                                const Sink &sink, const std::stop_token &stop) const
{
    const auto module = mien::video();
    if (!module)
        return fail(module.error());
    auto reader = (*module)->open(media.media.path);
    if (!reader) {
        part.problems.push_back(
            problemOf(media, videoProblem(media.media.path, reader.error()), reader.error().message));
        return sink(std::move(part)).transform([](bool) {});
    }
    Clip clip{.media = media, .module = **module, .reader = std::move(*reader), .part = std::move(part)};
    auto hasMore = begin(clip, begun);
    while (hasMore && *hasMore) {
        const bool isStopped = stop.stop_requested();
        if (isStopped || (clip.isPartFull() && !clip.isHoldingBack()))
            if (const auto handed = clip.handOver(sink, clip.restState()); !handed)
                return handed;
        if (isStopped)
            return fail(ErrorCode::Cancelled, "Stopped.");
        hasMore = clip.follower ? nextFollowed(clip) : nextFrame(clip, stop);
    }
    if (!hasMore) {
        if (hasMore.error().code == ErrorCode::Cancelled && clip.settled) { // while a face was being looked for
            clip.part.counts = clip.settled->counts;
            if (const auto handed = clip.handOver(sink, std::move(*clip.settled)); !handed)
                return handed;
        }
        return fail(hasMore.error());
    }
    if (clip.follower) {
        const auto followed = clip.follower->rest();
        if (!followed)
            return fail(followed.error());
        if (const auto kept = keepFollowed(clip, *followed); !kept)
            return kept;
    }
    std::vector<Problem> &problems = clip.part.problems;
    clip.part.isRead = clip.part.counts.frames > 0;
    if (!clip.part.isRead && clip.endedBy.empty())
        problems.push_back(problemOf(media, "NO_FRAMES", "It holds no frame that could be decoded."));
    else if (!clip.part.isRead)
        problems.push_back(problemOf(media, "VIDEO_OPEN_FAILED", clip.endedBy));
    if (clip.turnDeg != 0 && !media.media.turnDeg && m_settings.rotation == ExtractionSettings::Rotation::Auto)
        problems.push_back(problemOf(media, "ROTATION_GUESSED",
                                     "Its faces are level after turning it clockwise by " +
                                         std::to_string(clip.turnDeg) + " degrees."));
    for (const double timeS : clip.noFaceS)
        problems.push_back(problemOf(media, "NO_FACE", "No face was found at " + secondsText(timeS) + "."));
    if (clip.part.isRead && !clip.endedBy.empty())
        problems.push_back(problemOf(media, "DAMAGED_VIDEO", "It was read up to there only: " + clip.endedBy));
    if (clip.part.isRead)
        noteMargin(media, m_settings.sampling, clip.reader->facts().durationS, clip.part);
    noteGates(media, clip.part);
    noteLoss(media, clip.loss(), clip.part);
    return sink(std::move(clip.part)).transform([](bool) {});
}

} // namespace mien
