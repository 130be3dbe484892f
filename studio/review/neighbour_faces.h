#pragma once

#include "models/base/result.h"
#include "studio/review/neighbours_panel.h"

#include <functional>
#include <memory>
#include <vector>

namespace mien {

class Background;
class FaceImages;
class ProjectSession;

/// Reads labels and small pictures of these samples away from the GUI thread, for a NeighboursPanel or its like.
/// @param sidePx  of a picture, in device pixels
/// @param done    called in the thread of `work`, with the faces in the order of the samples; those that the project
///                does not have any more are left out
void readNeighbours(Background &work, const ProjectSession &session, std::shared_ptr<const FaceImages> images,
                    std::vector<SampleId> samples, int sidePx,
                    std::function<void(const Result<std::vector<NeighbourFace>> &)> done);

} // namespace mien
