#pragma once

#include "pipeline/face/face_gate.h"
#include "pipeline/video/frame_sampler.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// How faces are found in pictures and frames and cut out of them. The same settings give the same crops.
struct ExtractionSettings
{
    enum class Detector { Mtcnn, DlibHog, None }; ///< None: the whole picture is the face.
    enum class Faces { Largest, All, Central, Box };
    enum class Align {
        Points5,  ///< To the template of face recognition (alignment.h), by MTCNN's points.
        Points68, ///< The same by the eyes, nose and mouth of 68 landmarks (landmarks68.h).
        None,     ///< An upright square of 1.3 times the longer side of the box.
    };
    enum class Rotation { Auto, None, Quarter, Half, ThreeQuarters };

    FrameSampling sampling;
    Detector detector = Detector::Mtcnn;
    double minFacePx = 64; ///< Shorter side of the smallest face that is looked for.
    Faces faces = Faces::Largest;
    Align align = Align::Points5;
    /// Turns clockwise on top of what the file says. Auto: as its faces show (turnShownBy()).
    Rotation rotation = Rotation::Auto;
    int sidePx = 224; ///< Of the crops, which are square.
    /// A face that fails one of them becomes no sample; a picture without another face stays whole, as where none is
    /// found. Detector None: a picture is its own face and stays in any case.
    std::vector<FaceGate> gates;

    /// Canonical JSON, and its hash: what a stored extraction is compared by.
    std::string toJson() const;
    std::string hash() const;
};

/// Every value there is, for who offers them or reads their names.
inline constexpr std::array allDetectors = {ExtractionSettings::Detector::Mtcnn, ExtractionSettings::Detector::DlibHog,
                                            ExtractionSettings::Detector::None};
inline constexpr std::array allFaces = {ExtractionSettings::Faces::Largest, ExtractionSettings::Faces::All,
                                        ExtractionSettings::Faces::Central, ExtractionSettings::Faces::Box};
inline constexpr std::array allAligns = {ExtractionSettings::Align::Points5, ExtractionSettings::Align::Points68,
                                         ExtractionSettings::Align::None};
inline constexpr std::array allRotations = {ExtractionSettings::Rotation::Auto, ExtractionSettings::Rotation::None,
                                            ExtractionSettings::Rotation::Quarter, ExtractionSettings::Rotation::Half,
                                            ExtractionSettings::Rotation::ThreeQuarters};

std::string_view nameOf(ExtractionSettings::Detector detector); ///< mtcnn, dlib-hog, none
std::string_view nameOf(ExtractionSettings::Faces faces);       ///< largest, all, central, box
std::string_view nameOf(ExtractionSettings::Align align);       ///< 5, 68, none
std::string_view nameOf(ExtractionSettings::Rotation rotation); ///< auto, 0, 90, 180, 270

/// What is right for media of an importer: UTA-RLDD 31 frames a video, sets that are published as face crops whole.
ExtractionSettings recipeOf(std::string_view importer);

} // namespace mien
