#pragma once

#include "models/io/face_landmarks.h"
#include "pipeline/store/given_landmarks.h"
#include "pipeline/store/sample.h"
#include "pipeline/store/sources.h"

namespace mien {

/// Five points of a face in the square that packs hold of it (squareOf() of SamplePixels::read()), in its pixels.
/// Known where a search cut the face out by its landmarks, or where the data set gives landmarks in the picture that is
/// shown; of 68, eyes are the means of their points. Unknown for other schemes, and where only another picture's are
/// known.
FaceLandmarks landmarksInSquare(const StoredLandmarks &stored, const SampleRow &sample, const SampleFacts &facts,
                                int sidePx);

} // namespace mien
