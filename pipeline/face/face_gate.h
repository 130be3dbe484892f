#pragma once

#include "models/base/result.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// A threshold that a face has to pass to become a sample: `quality.blur>=40`, `quality.yaw<=30`.
struct FaceGate
{
    std::string measure; ///< quality.size, …; in the unit of the measure.
    bool isAtLeast = true;
    double limit = 0;

    /// Invalid: not NAME>=NUMBER or NAME<=NUMBER, or a name that no face is measured by; lists those there are.
    static Result<FaceGate> of(std::string_view text);
    std::string text() const;
    /// A face that was not measured so passes.
    bool passes(const std::map<std::string, double> &measures) const;

    friend auto operator<=>(const FaceGate &, const FaceGate &) = default;
};

/// Those that the face fails; empty: it passes.
std::vector<std::string> failedGates(const std::vector<FaceGate> &gates, const std::map<std::string, double> &measures);

} // namespace mien
