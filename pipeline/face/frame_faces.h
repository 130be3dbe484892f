#pragma once

#include "pipeline/face/extraction_settings.h"
#include "pipeline/face/face_finder.h"
#include "pipeline/face/face_tracker.h"
#include "pipeline/face/turn_evidence.h"
#include "pipeline/imaging/imaging.h"
#include "pipeline/store/sample.h"

#include <optional>
#include <span>
#include <vector>

namespace mien {

/// A face cut out of a picture or frame.
struct CutFace
{
    Picture crop;
    NewFace face;
    std::map<std::string, double> measures; ///< quality.*
};

/// Finds the faces of pictures by the settings and cuts them out. Thread-safe.
class FaceCutter
{
public:
    /// NotFound: no weights of the detector, no model of 68 landmarks where they are asked for, or no module.
    static Result<FaceCutter> load(const ExtractionSettings &settings);

    struct Found
    {
        std::vector<CutFace> faces; ///< As the settings choose; largest, most central or nearest first.
        std::vector<BoxPx> boxes;   ///< Of all faces that were found, chosen or not.
        int turnedDeg = 0;          ///< Clockwise, on top of `stored`'s own orientation.
    };
    /// @param stored  with its EXIF orientation, which is applied first
    /// @param givenBox  of the label, in pixels of `stored` as stored
    /// @param turnDeg  clockwise after that; empty: the settings' rotation, and with Auto the one that `turnOf` finds,
    ///     unless no face is found there: then it stays upright
    /// @param luma  of `stored` where it is there already (VideoReader::luma()): what is grey needs no conversion
    Result<Found> cut(const Picture &stored, const std::optional<BoxPx> &givenBox, std::optional<int> turnDeg = {},
                      const Picture *luma = nullptr) const;

    /// How far frames of one video are turned (clockwise: 0, 90, 180 or 270), judged by all of them (turnShownBy()).
    /// Detectors find sideways faces as well, with points that lie askew.
    /// @param frames  different moments; a picture is one frame
    Result<int> turnOf(std::span<const Picture> frames) const;

private:
    friend class FaceFollower;

    FaceCutter(const ExtractionSettings &settings, const Imaging &codec, std::optional<FaceFinder> finder)
        : m_settings(settings)
        , m_codec(&codec)
        , m_finder(std::move(finder))
    {
    }
    /// @param light  the frame's luma where it is there already
    Result<Found> cutFound(std::vector<TrackedFace> faces, const Picture &frame, const Picture *light,
                           const std::optional<BoxPx> &box, int turnDeg) const;
    Result<Found> cutTurned(const Picture &stored, const std::optional<BoxPx> &givenBox, int turnDeg,
                            const Picture *luma) const;
    Result<> addEvidence(const Picture &stored, TurnEvidence &turn) const;
    Result<std::vector<FoundFace>> facesOf(const Picture &frame, const Picture *luma = nullptr) const;
    std::optional<Picture> shrunken(const Picture &large) const;
    Result<CutFace> whole(const Picture &frame) const;
    Result<CutFace> one(const Picture &frame, const Picture &light, const FoundFace &found) const;

    ExtractionSettings m_settings;
    const Imaging *m_codec;
    std::optional<FaceFinder> m_finder;
};

} // namespace mien
