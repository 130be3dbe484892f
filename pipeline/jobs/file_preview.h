#pragma once

#include "models/base/result.h"
#include "pipeline/face/frame_faces.h"
#include "pipeline/imaging/imaging.h"
#include "pipeline/jobs/pixel_share.h"
#include "pipeline/video/shown_video.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace mien {

/// Shows media files as they are and the faces that an extraction would find in them, before there is a sample: what
/// `mien frames --serve` answers about a `file`. Used by one thread.
class FilePreview
{
public:
    explicit FilePreview(const Imaging &codec)
        : m_codec(&codec)
    {
    }

    /// Request: `file`; of a video `time` in seconds (0), `step` −1, 0 or 1, and for a range `until` in seconds with
    /// `at_most` frames (25, at most 250); `side`: no side of the picture is longer (1024); `pixels`: "jpeg", "shared"
    /// (PixelShare; not of a range) or "none"; `faces`: an object of settings of an extraction, each as `mien extract`
    /// calls it: `detector`, `min_face`, `faces`, `align`, `rotation`, `size`. `sample` is not looked at; any other
    /// member is refused.
    /// Answer: `kind`, `w`, `h`, `original_w`, `original_h`, the pixels; of a video `pts_s`, `duration_s`; with `faces`
    /// `turned` (degrees clockwise), `boxes` of all faces and `faces` of those that would be cut out: `box` [x, y, w,
    /// h], `landmarks` [x0, y0, x1, …], `probability`, `measures`, `crop` (JPEG in base64). Boxes and points are in
    /// pixels of the picture that is shown. Of a range `frames`, a list of such answers. Never fails (answerTo).
    nlohmann::json answer(const nlohmann::json &request);

private:
    struct Wanted;
    Result<nlohmann::json> answered(const nlohmann::json &request);
    Result<nlohmann::json> picture(const Wanted &wanted);
    Result<nlohmann::json> frame(const Wanted &wanted, const ShownVideo::Moment &moment);
    Result<nlohmann::json> range(const Wanted &wanted);
    Result<nlohmann::json> shown(const Wanted &wanted, Picture stored, int turnDeg);
    Result<const FaceCutter *> cutterFor(const ExtractionSettings &settings);
    Result<int> turnFor(const Wanted &wanted);

    const Imaging *m_codec;
    ShownVideo m_video;
    PixelShare m_share;
    std::unique_ptr<FaceCutter> m_cutter;
    std::string m_cutterSettings; ///< Their JSON.
    std::filesystem::path m_turnedFile;
    std::string m_turnSettings;
    int m_turnDeg = 0; ///< Of m_turnedFile by m_turnSettings.
};

} // namespace mien
