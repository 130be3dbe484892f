#include "pipeline/jobs/media_faces.h"

#include "pipeline/face/video_turn.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/import/picture_import.h"
#include "pipeline/import/pixel_hash.h"
#include "pipeline/jobs/reading_mark.h"
#include "pipeline/video/media_probe.h"

#include <cmath>
#include <cstdio>

namespace mien {

namespace {

constexpr double lossThatDamages = 0.2;

Problem problemOf(const ExtractableMedia &media, std::string reason, std::string detail)
{
    return {std::move(reason), media.sourceKey, media.source, 0, std::move(detail)};
}

std::string seconds(double timeS)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.3f s", timeS);
    return text;
}

void noteLoss(const ExtractableMedia &media, const VideoLoss &loss, MediaFaces &found)
{
    if (loss.packets == 0 && loss.damagedFrames == 0 && loss.endedEarly.empty())
        return;
    const auto lost = double(loss.packets + loss.damagedFrames);
    const bool isDamaged = lost > lossThatDamages * double(found.counts.frames + loss.packets);
    found.problems.push_back(problemOf(media, isDamaged ? "DAMAGED_VIDEO" : "DECODE_ERROR",
                                       std::to_string(loss.packets) + " packets could not be decoded, " +
                                           std::to_string(loss.damagedFrames) + " frames are damaged" +
                                           (loss.endedEarly.empty() ? "" : "; " + loss.endedEarly) + "."));
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

Result<MediaFaceReader> MediaFaceReader::load(const ExtractionSettings &settings,
                                              std::function<void(std::int64_t)> onFrame)
{
    const auto codec = imaging();
    if (!codec)
        return fail(codec.error());
    auto cutter = FaceCutter::load(settings);
    if (!cutter)
        return fail(cutter.error());
    return MediaFaceReader(settings, std::move(*cutter), **codec, std::move(onFrame));
}

Result<MediaFaces> MediaFaceReader::read(const ExtractableMedia &media, FaceSpool &spool,
                                         const std::stop_token &stop) const
{
    const ReadingMark mark(media.sourceKey);
    MediaFaces found;
    const auto done = media.sample ? picture(media, spool, found) : video(media, spool, stop, found);
    if (!done)
        return fail(done.error());
    noteGates(media, found);
    return found;
}

Result<> MediaFaceReader::keep(const FaceCutter::Found &cut, std::optional<std::int64_t> timeUs, FaceSpool &spool,
                               MediaFaces &found) const
{
    found.counts.faces += std::int64_t(cut.boxes.size());
    int number = 0;
    for (const CutFace &face : cut.faces) {
        ++number; // a face keeps its number whatever is left out before it
        if (const auto failed = failedGates(m_settings.gates, face.measures); !failed.empty()) {
            ++found.gated;
            for (const std::string &gate : failed)
                ++found.gatedBy[gate];
            continue;
        }
        SpooledFace kept{.timeUs = timeUs, .number = number, .face = face.face, .measures = face.measures};
        kept.widthPx = face.crop.widthPx;
        kept.heightPx = face.crop.heightPx;
        kept.channels = face.crop.channels;
        kept.pixelHash = pixelHash(face.crop.widthPx, face.crop.heightPx, face.crop.channels, face.crop.pixels);
        const PictureThumbnails small = thumbnailsOf(*m_codec, face.crop);
        const std::vector<std::uint8_t> png = m_codec->encodePng(face.crop);
        for (const auto &[bytes, place] : {std::pair(&png, &kept.png), std::pair(&small.jpeg96, &kept.jpeg96),
                                           std::pair(&small.jpeg192, &kept.jpeg192)}) {
            const auto added = spool.add(*bytes);
            if (!added)
                return fail(added.error());
            *place = *added;
        }
        ++found.counts.crops;
        found.faces.push_back(std::move(kept));
    }
    return {};
}

Result<> MediaFaceReader::picture(const ExtractableMedia &media, FaceSpool &spool, MediaFaces &found) const
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
    found.isRead = true;
    found.counts.frames = 1;
    auto cut = m_cutter.cut(*picture, media.givenBox);
    if (!cut)
        return fail(cut.error());
    m_onFrame(std::int64_t(cut->boxes.size()));
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
            const auto added = spool.add(*jpeg);
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
    if (cut->turnedDeg != 0)
        found.problems.push_back(
            problemOf(media, "ROTATION_GUESSED",
                      "A face was found only after turning it by " + std::to_string(cut->turnedDeg) + " degrees."));
    return keep(*cut, {}, spool, found);
}

Result<> MediaFaceReader::video(const ExtractableMedia &media, FaceSpool &spool, const std::stop_token &stop,
                                MediaFaces &found) const
{
    const auto module = mien::video();
    if (!module)
        return fail(module.error());
    const auto reader = (*module)->open(media.media.path);
    if (!reader) {
        found.problems.push_back(
            problemOf(media, videoProblem(media.media.path, reader.error()), reader.error().message));
        return {};
    }
    found.isRead = true;
    const auto turnDeg = turnOfVideo(media.media.path, **module, m_cutter);
    if (!turnDeg)
        return fail(turnDeg.error());
    if (*turnDeg != 0 && m_settings.rotation == ExtractionSettings::Rotation::Auto)
        found.problems.push_back(
            problemOf(media, "ROTATION_GUESSED",
                      "Its faces are level after turning it clockwise by " + std::to_string(*turnDeg) + " degrees."));
    FrameSampler sampler(**reader, m_settings.sampling);
    const VideoFacts &facts = (*reader)->facts();
    std::optional<FaceTracker> tracker;
    if (FrameSampler::isDense(m_settings.sampling, facts.durationS, facts.framesPerS))
        tracker = m_cutter.tracker();
    while (true) {
        auto frame = sampler.next();
        if (!frame)
            return fail(frame.error());
        if (!*frame)
            break;
        const double wantedS = (*frame)->timeS;
        bool hasFace = false;
        const std::int64_t facesBefore = found.counts.faces;
        while (*frame && !hasFace) {
            if (stop.stop_requested())
                return fail(ErrorCode::Cancelled, "Stopped.");
            auto picture = (*reader)->picture();
            if (!picture)
                return fail(picture.error());
            picture->orientation = facts.orientation;
            std::optional<Picture> luma;
            if (m_settings.detector == ExtractionSettings::Detector::DlibHog) {
                auto plane = (*reader)->luma();
                if (!plane)
                    return fail(plane.error());
                luma = std::move(*plane);
                luma->orientation = picture->orientation;
            }
            const auto cut = tracker ? m_cutter.cutFollowed(*picture, *turnDeg, *tracker, (*frame)->timeS)
                                     : m_cutter.cut(*picture, {}, *turnDeg, luma ? &*luma : nullptr);
            if (!cut)
                return fail(cut.error());
            ++found.counts.frames;
            hasFace = !cut->faces.empty();
            if (hasFace) {
                if (const auto kept = keep(*cut, std::llround((*frame)->timeS * 1e6), spool, found); !kept)
                    return kept;
            } else {
                frame = sampler.instead();
                if (!frame)
                    return fail(frame.error());
            }
        }
        if (!hasFace) {
            ++found.counts.noFace;
            found.problems.push_back(problemOf(media, "NO_FACE", "No face was found at " + seconds(wantedS) + "."));
        }
        m_onFrame(found.counts.faces - facesBefore);
    }
    if (found.counts.frames == 0)
        found.problems.push_back(problemOf(media, "NO_FRAMES", "It holds no frame that could be decoded."));
    noteLoss(media, (*reader)->loss(), found);
    return {};
}

} // namespace mien
