#pragma once

#include "models/io/face_landmarks.h"
#include "pipeline/store/given_landmarks.h"
#include "pipeline/store/sample.h"
#include "pipeline/store/sources.h"

namespace mien {

/// Points of a face in the square that packs hold of it (squareOf() of SamplePixels::read()), in its pixels.
struct PointsInSquare
{
    FaceLandmarks landmarks = unknownLandmarks(); ///< Of 68, eyes are the means of their points.
    FaceOutline outline = unknownOutline();       ///< Where 68 are stored.
};

/// Known where a search cut the face out by its landmarks, or where the data set gives landmarks in the picture that is
/// shown. Unknown for schemes other than 5 and 68, and where only another picture's are known.
PointsInSquare landmarksInSquare(const StoredLandmarks &stored, const SampleRow &sample, const SampleFacts &facts,
                                 int sidePx);

} // namespace mien
