#pragma once

#include "pipeline/dedup/look_alikes.h"
#include "pipeline/store/near_duplicates.h"

namespace mien {

/// Joins faces that are the same face of copies of one picture or frame, whatever the copies' names, sizes and
/// encodings: there a detector puts its box a little elsewhere, so that the crops alone may differ too much.
///
/// 1. The pictures' perceptual hashes are at most `distance` bits apart, and they are two files. Frames of two videos
///    are copies only at the same time (0.05 s).
/// 2. The faces' boxes, scaled to the pictures' sizes, overlap by a half and more (intersection over union): several
///    faces of one photo stay apart.
/// 3. What both crops show, laid over each other by how they were cut, correlates by leastCorrelation: two moments
///    before one wall are no copies.
///
/// Only faces that have a counterpart by 1 and 2 are read, 2.3 KB each.
///
/// @param distance  see forEachHashPair()
/// @return sets of positions in `faces`
/// Fails with Cancelled, or as `read` does.
Result<DisjointSets> faceCopies(std::span<const FaceInPicture> faces, int distance, const ReadSmallGreys &read,
                                const Job &job);

} // namespace mien
