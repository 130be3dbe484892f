#pragma once

#include <span>
#include <vector>

namespace mien {

/// A weighted logistic regression on soft targets, pulled towards given coefficients:
///
///     minimise  sum_i w_i (log(1 + exp(z_i)) - t_i z_i) + 1/2 sum_j r_j (b_j - m_j)^2,
///     z_i = o_i + b_0 x_i0 + … + b_d   (the last coefficient is the intercept)
struct LogisticProblem
{
    int features = 0;                ///< d
    std::span<const double> rows;    ///< [n, d]
    std::span<const double> targets; ///< [n] in [0, 1]
    std::span<const double> weights; ///< [n] >= 0; empty: all 1
    std::span<const double> offsets; ///< [n]; empty: all 0
    std::span<const double> penalty; ///< [d + 1] r >= 0, at least slightly positive where rows do not decide
    std::span<const double> centre;  ///< [d + 1] m; empty: all 0
};

/// At most `steps` damped Newton steps from `coefficients` ([d + 1], empty: all 0) in double; stops early at the
/// minimum. The same input gives the same bits.
std::vector<double> fitLogistic(const LogisticProblem &problem, std::vector<double> coefficients, int steps);

/// b . row + intercept.
double linearPredictor(std::span<const double> coefficients, std::span<const double> row);

/// 1 / (1 + exp(-z)), without overflow.
double sigmoid(double z);

} // namespace mien
