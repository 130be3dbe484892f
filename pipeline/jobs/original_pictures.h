#pragma once

#include "models/base/result.h"
#include "pipeline/imaging/imaging.h"
#include "pipeline/store/project.h"
#include "pipeline/store/sample.h"
#include "pipeline/video/shown_video.h"

#include <nlohmann/json.hpp>

#include <optional>

namespace mien {

struct SampleFacts;

/// The pictures and video frames that samples were taken from, as they lie on the disk: what `mien frames --serve`
/// answers with. Keeps the video that it showed last open. Used by one thread.
class OriginalPictures
{
public:
    /// Both must outlive this.
    OriginalPictures(const Project &project, const Imaging &codec)
        : m_project(&project)
        , m_codec(&codec)
    {
    }

    /// Which frame of a sample's video.
    struct Moment
    {
        std::optional<double> timeS; ///< Empty: the sample's own.
        int step = 0;                ///< 1: the frame behind that one, −1: the one before.
    };
    struct Original
    {
        Picture picture;               ///< Upright, no side longer than asked for.
        int widthPx = 0, heightPx = 0; ///< Of the original, upright.
        std::optional<BoxPx> box;      ///< Of the sample's face, in pixels of `picture`; at its own moment only.
        std::optional<double> timeS;   ///< Of a frame: its exact presentation time,
        double durationS = 0;          ///< and how long the video is; 0: the file does not say.
    };
    /// NotFound: no such sample, its file is gone, it came from a table, or the video has no such frame.
    Result<Original> of(SampleId sample, int mostSidePx, const Moment &moment);

    /// Answers `{"id":1,"sample":7,"side":1024}` with `{"id":1,"ok":true,"w":…,"h":…,"jpeg":"base64…","original_w":…,
    /// "original_h":…,"box":[x,y,w,h]}`. Of a video also `"time":seconds,"step":±1` are taken and `pts_s` and
    /// `duration_s` given. Never fails (answerTo).
    nlohmann::json answer(const nlohmann::json &request);

private:
    Result<Original> ofPicture(const SampleFacts &facts) const;
    Result<Original> ofVideo(const SampleFacts &facts, int mostSidePx, const Moment &moment);
    Result<nlohmann::json> answered(const nlohmann::json &request, SampleId sample);

    const Project *m_project;
    const Imaging *m_codec;
    ShownVideo m_video;
};

} // namespace mien
