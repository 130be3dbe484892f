#pragma once

#include "pipeline/dlib/dlib_faces.h"

namespace mien {

/// 68 landmarks by dlib's shape predictor, shape_predictor_68_face_landmarks.dat: of MIEN_DATA_DIR, share/mien or
/// share/dlib beside the program, or /usr/share/dlib (Debian's libdlib-data). It is never shipped and never a default:
/// it was trained on iBUG 300-W, whose terms exclude commercial use.
/// The model (100 MB, a second of CPU) is read once per process, at the first call. Thread-safe.
/// NotFound: the model is not installed, or this build has no dlib; the message says what to do.
Result<const LandmarkModel *> landmarkModel68();

/// Reads it from the first of these folders that holds it, anew at each call.
Result<std::unique_ptr<const LandmarkModel>> landmarkModel68From(const std::vector<std::filesystem::path> &folders);

/// Of one face.
/// @param grey  upright, 1 channel
/// @param box  square from the brows to the chin: what dlib's detector gives, or squareOfPoints()
Result<Landmarks68> landmarks68(const Picture &grey, const BoxPx &box);

/// The box that dlib's detector would give a face with these five points: landmarks are placed within it.
BoxPx squareOfPoints(const FacePoints5 &points);

} // namespace mien
