#pragma once

#include <span>
#include <vector>

namespace mien {

/// The rows on their first principal axes: [N, axes], centred, the widest axis first, by the covariance in fp64. Each
/// axis points to where its largest component is positive, so that the same rows always give the same picture. Axes
/// that the data has not (constant columns, fewer columns than axes) are zeros.
///
/// @param points  [N, dimensions], finite; at least one row
std::vector<double> principalComponents(std::span<const float> points, int dimensions, int axes);

} // namespace mien
