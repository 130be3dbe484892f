#pragma once

#include "models/base/job.h"
#include "pipeline/face/frame_faces.h"
#include "pipeline/import/problem_log.h"
#include "pipeline/jobs/face_spool.h"
#include "pipeline/store/clips.h"
#include "pipeline/store/import_writer.h"
#include "pipeline/video/video.h"

#include <functional>
#include <map>
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
    FaceSpool::Place png; ///< Of size 0: the picture itself is the sample.
    FaceSpool::Place jpeg96, jpeg192;
};

/// What was found in one picture or video.
struct MediaFaces
{
    ExtractionCounts counts;
    std::int64_t gated = 0;                      ///< Faces that a threshold left out.
    std::map<std::string, std::int64_t> gatedBy; ///< By threshold; a face may fail several.
    std::vector<SpooledFace> faces;
    std::vector<Problem> problems;
    bool isRead = false; ///< False: skipped, a problem says why.
};

/// Looks for faces in pictures and videos. One object serves many threads.
class MediaFaceReader
{
public:
    /// @param onFrame  called for every frame or picture that was looked at with the number of its faces, from any
    /// thread
    static Result<MediaFaceReader> load(const ExtractionSettings &settings,
                                        std::function<void(std::int64_t faces)> onFrame);

    /// Fails with Cancelled, NoSpace or what else must stop everything; what is wrong with the file is in `problems`.
    Result<MediaFaces> read(const ExtractableMedia &media, FaceSpool &spool, const std::stop_token &stop) const;

private:
    MediaFaceReader(const ExtractionSettings &settings, FaceCutter cutter, const Imaging &codec,
                    std::function<void(std::int64_t)> onFrame)
        : m_settings(settings)
        , m_cutter(std::move(cutter))
        , m_codec(&codec)
        , m_onFrame(std::move(onFrame))
    {
    }
    Result<> picture(const ExtractableMedia &media, FaceSpool &spool, MediaFaces &found) const;
    Result<> video(const ExtractableMedia &media, FaceSpool &spool, const std::stop_token &stop,
                   MediaFaces &found) const;
    Result<> keep(const FaceCutter::Found &cut, std::optional<std::int64_t> timeUs, FaceSpool &spool,
                  MediaFaces &found) const;

    ExtractionSettings m_settings;
    FaceCutter m_cutter;
    const Imaging *m_codec;
    std::function<void(std::int64_t)> m_onFrame;
};

} // namespace mien
