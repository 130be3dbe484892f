#pragma once

#include "pipeline/dlib/dlib_faces.h"

namespace mien {

/// A model file of dlib's shape predictor with 68 points, evaluated without rounding its points to whole pixels.
class RegressionCascade
{
public:
    /// Everything that evaluation relies on is checked: a damaged or hostile file is Unreadable.
    static Result<std::unique_ptr<const LandmarkModel>> read(const std::filesystem::path &file);
};

} // namespace mien
