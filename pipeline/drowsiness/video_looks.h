#pragma once

#include "pipeline/drowsiness/opening_curves.h"
#include "pipeline/face/face_finder.h"
#include "pipeline/video/video.h"

#include <functional>
#include <stop_token>
#include <vector>

namespace mien {

/// How the frames of a video are looked at; its hash is part of a strip's name.
struct LookSettings
{
    /// Points68: the aspect ratios of dlib's landmarks, whose model must be installed (face/landmarks68.h): by its
    /// terms it is never a default.
    enum class Measure { EyePatch, Points68 } measure = Measure::EyePatch;
    double minFacePx = 48;      ///< Of the frame as it is searched.
    int mostSidePx = 640;       ///< Larger frames are shrunk: eyes of 40 px show as much as eyes of 200.
    double mostFramesPerS = 32; ///< Of faster videos every second, third, … frame.

    std::string_view measuredBy() const; ///< As a strip says it.
    std::string hash() const;
};

/// What every frame shows of the one face that is followed: the largest of the first frame that has one, then the one
/// nearest to where it was.
/// @param turnDeg  clockwise, on top of the video's own orientation
/// @param onFrame  called for each
/// NotFound: no model of the landmarks that are wanted; Cancelled; what cannot be decoded is left out.
Result<std::vector<FrameLook>> looksOf(VideoReader &video, int turnDeg, const FaceFinder &finder, const Imaging &codec,
                                       const LookSettings &settings, const std::stop_token &stop,
                                       const std::function<void()> &onFrame);

} // namespace mien
