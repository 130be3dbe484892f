#pragma once

#include "models/embed/force_kernels.h"

#include <torch/torch.h>

#include <cstdint>
#include <list>
#include <span>
#include <vector>

namespace mien {

/// The repulsion of t-SNE among all pairs of a map, in time that grows with N and with the map's area instead of N^2.
///
/// The repulsive force is minus half the gradient of one potential, phi(y) = sum over j of 1 / (1 + |y - y_j|^2), so
/// one field says everything: points are spread over a regular grid by B-splines of degree 5, the grid is convolved
/// with the kernel by one FFT forth and one back, and the same splines give phi and its gradient at the points. The
/// kernel's spectrum is divided by the splines' own, so that they interpolate it. (FIt-SNE, Linderman et al. 2019,
/// spreads by Lagrange polynomials and convolves a kernel for each component of the force.)
///
/// The distance of the nodes is 0.375 and less where the map is small; a map wider than the largest grid gets a coarser
/// one. The result depends on the layout alone, not on earlier calls; sums have one order whatever the number of
/// threads.
class RepulsionField
{
public:
    /// Fills forces [N, 2] with the sum over j of (y_i - y_j) / (1 + |y_i - y_j|^2)^2.
    /// @param layout  [N, 2], finite
    /// @return Z, the sum over all i != j of 1 / (1 + |y_i - y_j|^2)
    double forces(std::span<const float> layout, std::span<float> forces);

    /// Rows and columns of the largest grid that is used.
    static constexpr std::int64_t largestSide = 1920;

private:
    struct Kernel
    {
        std::int64_t rows = 0, columns = 0;
        float spacing = 0;
        torch::Tensor spectrum; ///< [2 rows, columns + 1], real: the kernel is even.
    };
    const torch::Tensor &spectrumOf(std::int64_t rows, std::int64_t columns, float spacing);
    void sortByRow(std::span<const float> layout, const SplineGrid &grid, std::int64_t rows);

    std::list<Kernel> m_kernels; ///< Latest first; a map that grows comes back to a size now and then.
    torch::Tensor m_grid;
    std::vector<std::int32_t> m_order;     ///< Points by the grid row they lie in.
    std::vector<std::int64_t> m_rowBegins; ///< Where each row's points begin in it.
    std::vector<std::int32_t> m_rowOf;
};

} // namespace mien
