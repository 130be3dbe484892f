#pragma once

#include "models/base/result.h"
#include "pipeline/store/ids.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mien {

class Project;

/// Landmarks that a data set was published with.
struct GivenLandmarks
{
    std::string scheme;         ///< "68", "5", "37", "unknown"
    std::vector<double> points; ///< x, y of each in pixels of the stored picture.
};
/// Nothing where the data set has none for this sample.
Result<std::optional<GivenLandmarks>> givenLandmarks(const Project &project, SampleId sample);

/// All that is stored about where the points of a sample's face lie.
struct StoredLandmarks
{
    std::optional<GivenLandmarks> given;
    std::string foundScheme; ///< "5", "68": by the search that cut the face out; "": it found none, or there was none.
    std::vector<double> found; ///< x, y of each in pixels of the upright frame.
    std::string cropFromFrame; ///< Similarity::text() of that face.
};
/// Of many samples at once; those that nothing is known of are left out.
Result<std::unordered_map<SampleId, StoredLandmarks>> storedLandmarks(const Project &project,
                                                                      std::span<const SampleId> samples);

/// How points lie in the database: float64, little endian.
std::string landmarkBytes(std::span<const double> points);
std::vector<double> landmarksFrom(std::string_view bytes);

} // namespace mien
