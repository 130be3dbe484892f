#pragma once

#include "models/base/result.h"
#include "pipeline/imaging/imaging.h"
#include "pipeline/store/project.h"
#include "pipeline/store/sample.h"

#include <nlohmann/json.hpp>

namespace mien {

/// The pictures that samples were taken from, as they lie on the disk: what `mien frames --serve` answers with.
class OriginalPictures
{
public:
    /// NotFound when the imaging module is missing. The project must outlive this.
    static Result<OriginalPictures> open(const Project &project);

    struct Original
    {
        Picture picture;               ///< Upright, no side longer than asked for.
        int widthPx = 0, heightPx = 0; ///< Of the original, upright.
        std::optional<BoxPx> box;      ///< Of the sample, in pixels of `picture`.
    };
    /// NotFound: no such sample, its file is gone, or it came from a table or a video and not from a picture.
    Result<Original> of(SampleId sample, int mostSidePx) const;

    /// Answers `{"id":1,"sample":7,"side":1024}` with `{"id":1,"ok":true,"w":…,"h":…,"jpeg":"base64…","original_w":…,
    /// "original_h":…,"box":[x,y,w,h]}`; never fails (answerTo).
    nlohmann::json answer(const nlohmann::json &request) const;

private:
    OriginalPictures(const Project &project, const Imaging &codec)
        : m_project(&project)
        , m_codec(&codec)
    {
    }
    Result<nlohmann::json> answered(const nlohmann::json &request, SampleId sample) const;

    const Project *m_project;
    const Imaging *m_codec;
};

} // namespace mien
