#pragma once

#include <cstdint>

namespace mien {

/// Weights of a grid's nodes around a point: a B-spline of degree 5 reaches 6 nodes along each axis.
inline constexpr std::int64_t splineReach = 6;

/// A regular grid of node values, row-major, and where it lies in the map.
struct SplineGrid
{
    float *values = nullptr;
    std::int64_t width = 0;  ///< Nodes in a row; one row follows the other.
    float left = 0, top = 0; ///< Place of the first node.
    float perUnit = 0;       ///< Nodes in a unit of length.
};

/// The inner loops of t-SNE, for vector units of one kind. All work on layouts [N, 2] (x, y of each point in turn) and
/// write nothing that another call with other points or rows reads, so that threads may share them.
struct ForceKernels
{
    /// forces[i] = sum over j of p_ij (y_i - y_j) / (1 + |y_i - y_j|^2) for rows first to last - 1.
    void (*attract)(const std::int64_t *begins, const std::int32_t *columns, const float *weights, const float *layout,
                    float *forces, std::int64_t first, std::int64_t last);

    /// Adds the spline weights of the named points to the grid. Grid rows are shared: points whose rows meet must come
    /// from one thread.
    void (*spread)(const SplineGrid &grid, const float *layout, const std::int32_t *points, std::int64_t count);

    /// The potential at the named points and minus half its gradient, by the same splines.
    /// @param forces      [N, 2]; rows of the named points are written
    /// @return the sum of the potentials
    double (*gather)(const SplineGrid &grid, const float *layout, const std::int32_t *points, std::int64_t count,
                     float *forces);
};

/// The best that this CPU has. Wider vectors than AVX2's gained nothing: most of the time goes into fetching points.
const ForceKernels &forceKernels();

namespace kernels {
extern const ForceKernels plainForces;
#if defined(__x86_64__)
extern const ForceKernels avx2Forces;
#endif
} // namespace kernels

} // namespace mien
