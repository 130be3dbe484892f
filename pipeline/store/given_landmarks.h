#pragma once

#include "models/base/result.h"
#include "pipeline/store/ids.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
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

/// How points lie in the database: float64, little endian.
std::string landmarkBytes(std::span<const double> points);
std::vector<double> landmarksFrom(std::string_view bytes);

} // namespace mien
