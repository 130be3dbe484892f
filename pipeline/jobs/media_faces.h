#pragma once

#include "models/base/job.h"
#include "pipeline/face/face_follower.h"
#include "pipeline/face/frame_faces.h"
#include "pipeline/import/problem_log.h"
#include "pipeline/jobs/clip_state.h"
#include "pipeline/jobs/face_spool.h"
#include "pipeline/store/clips.h"
#include "pipeline/store/import_writer.h"
#include "pipeline/video/video.h"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace mien {

/// A face that becomes a sample, its bytes in the spool.
struct SpooledFace
{
    std::optional<std::int64_t> timeUs; ///< Of a video's frame.
    int number = 1;                     ///< Within its frame or picture, from 1.
    NewFace face;
    std::map<std::string, double> measures;
    int widthPx = 0, heightPx = 0, channels = 0;
    Hash128 pixelHash{};
    std::optional<std::uint64_t> perceptualHash; ///< Of a crop; a picture that is the sample itself has its own.
    FaceSpool::Place png;                        ///< Of size 0: the picture itself is the sample.
    FaceSpool::Place jpeg96, jpeg192;
};

/// What was found in one picture or in the next part of a video.
struct MediaFaces
{
    std::vector<SpooledFace> faces;
    std::shared_ptr<FaceSpool> spool; ///< That holds their bytes.
    ClipState state;                  ///< Of a video, behind this part.
    bool isLast = true;
    // With the last part:
    ExtractionCounts counts;                     ///< Of all parts.
    std::int64_t gated = 0;                      ///< Faces that a threshold left out; of all parts.
    std::map<std::string, std::int64_t> gatedBy; ///< By threshold; a face may fail several.
    std::vector<Problem> problems;
    bool isRead = false; ///< False: skipped, a problem says why.
};

/// Looks for faces in pictures and videos. One object serves many threads.
class MediaFaceReader
{
public:
    /// Called with how many more frames or pictures are done and how many faces were in them, from any thread.
    using OnLooked = std::function<void(std::int64_t frames, std::int64_t faces)>;
    static Result<MediaFaceReader> load(const ExtractionSettings &settings, OnLooked onLooked);

    /// Takes what was found. True: it is stored, and nothing of this medium waits to be.
    using Sink = std::function<Result<bool>(MediaFaces)>;

    /// A picture is one part, a video has one for every hundred frames or so that were looked at, or twenty seconds of
    /// work. One that is to be stopped hands over what it has and then fails with Cancelled. Fails also with NoSpace,
    /// Internal and what `sink` fails with, which must stop everything; what is wrong with the file is in `problems`.
    /// @param begun  of a video of which parts were stored before: the newest one's state; else ""
    /// @param folder  that holds what waits to be stored
    Result<> read(const ExtractableMedia &media, std::string_view begun, const std::filesystem::path &folder,
                  const Sink &sink, const std::stop_token &stop) const;

private:
    MediaFaceReader(const ExtractionSettings &settings, FaceCutter cutter, const Imaging &codec, OnLooked onLooked)
        : m_settings(settings)
        , m_cutter(std::move(cutter))
        , m_codec(&codec)
        , m_onLooked(std::move(onLooked))
    {
    }
    struct Clip;
    Result<> picture(const ExtractableMedia &media, MediaFaces &found) const;
    Result<> video(const ExtractableMedia &media, std::string_view begun, MediaFaces part, const Sink &sink,
                   const std::stop_token &stop) const;
    Result<bool> begin(Clip &clip, std::string_view begun) const;
    Result<bool> goOn(Clip &clip, const ClipState &from) const;
    Result<bool> nextFrame(Clip &clip, const std::stop_token &stop) const;
    Result<bool> nextFollowed(Clip &clip) const;
    Result<> keepFollowed(Clip &clip, const std::vector<FaceFollower::Frame> &frames) const;
    static Result<Picture> pictureOfNow(Clip &clip);
    /// @param stored  the picture or frame that was searched
    Result<> keep(const FaceCutter::Found &cut, const Picture &stored, std::optional<std::int64_t> timeUs,
                  MediaFaces &found) const;

    ExtractionSettings m_settings;
    FaceCutter m_cutter;
    const Imaging *m_codec;
    OnLooked m_onLooked;
};

} // namespace mien
