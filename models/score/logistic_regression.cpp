#include "models/score/logistic_regression.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace mien {

namespace {

double softplus(double z)
{
    return z > 0 ? z + std::log1p(std::exp(-z)) : std::log1p(std::exp(z));
}

double predictor(const LogisticProblem &problem, std::size_t i, std::span<const double> coefficients)
{
    const auto d = static_cast<std::size_t>(problem.features);
    return linearPredictor(coefficients, problem.rows.subspan(i * d, d)) +
           (problem.offsets.empty() ? 0 : problem.offsets[i]);
}

double weightOf(const LogisticProblem &problem, std::size_t i)
{
    return problem.weights.empty() ? 1 : problem.weights[i];
}

double objective(const LogisticProblem &problem, std::span<const double> coefficients)
{
    double sum = 0;
    for (std::size_t i = 0; i < problem.targets.size(); ++i) {
        const double z = predictor(problem, i, coefficients);
        sum += weightOf(problem, i) * (softplus(z) - problem.targets[i] * z);
    }
    for (std::size_t j = 0; j < coefficients.size(); ++j) {
        const double away = coefficients[j] - (problem.centre.empty() ? 0 : problem.centre[j]);
        sum += 0.5 * problem.penalty[j] * away * away;
    }
    return sum;
}

/// Solves H x = g for a symmetric positive matrix of which the lower half is given; H is destroyed.
void solve(std::vector<double> &matrix, std::vector<double> &vector)
{
    const std::size_t n = vector.size();
    for (std::size_t j = 0; j < n; ++j) {
        double pivot = matrix[j * n + j];
        for (std::size_t k = 0; k < j; ++k)
            pivot -= matrix[j * n + k] * matrix[j * n + k];
        pivot = std::sqrt(std::max(pivot, 1e-12));
        matrix[j * n + j] = pivot;
        for (std::size_t i = j + 1; i < n; ++i) {
            double value = matrix[i * n + j];
            for (std::size_t k = 0; k < j; ++k)
                value -= matrix[i * n + k] * matrix[j * n + k];
            matrix[i * n + j] = value / pivot;
        }
    }
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = 0; k < i; ++k)
            vector[i] -= matrix[i * n + k] * vector[k];
        vector[i] /= matrix[i * n + i];
    }
    for (std::size_t i = n; i-- > 0;) {
        for (std::size_t k = i + 1; k < n; ++k)
            vector[i] -= matrix[k * n + i] * vector[k];
        vector[i] /= matrix[i * n + i];
    }
}

/// The Newton step at `coefficients`: gradient divided by curvature.
std::vector<double> newtonStep(const LogisticProblem &problem, std::span<const double> coefficients)
{
    const auto d = static_cast<std::size_t>(problem.features);
    const std::size_t size = d + 1;
    std::vector<double> gradient(size);
    std::vector<double> hessian(size * size);
    std::vector<double> row(size, 1.0);
    for (std::size_t i = 0; i < problem.targets.size(); ++i) {
        const double weight = weightOf(problem, i);
        if (weight == 0)
            continue;
        const double p = sigmoid(predictor(problem, i, coefficients));
        const double slope = weight * (p - problem.targets[i]);
        const double curvature = weight * p * (1 - p);
        std::copy_n(problem.rows.begin() + static_cast<std::ptrdiff_t>(i * d), d, row.begin());
        for (std::size_t j = 0; j < size; ++j) {
            gradient[j] += slope * row[j];
            const double scaled = curvature * row[j];
            double *line = hessian.data() + j * size;
            for (std::size_t k = 0; k <= j; ++k)
                line[k] += scaled * row[k];
        }
    }
    for (std::size_t j = 0; j < size; ++j) {
        gradient[j] += problem.penalty[j] * (coefficients[j] - (problem.centre.empty() ? 0 : problem.centre[j]));
        hessian[j * size + j] += problem.penalty[j] + 1e-9;
    }
    solve(hessian, gradient);
    return gradient;
}

} // namespace

double sigmoid(double z)
{
    if (z >= 0)
        return 1 / (1 + std::exp(-z));
    const double e = std::exp(z);
    return e / (1 + e);
}

double linearPredictor(std::span<const double> coefficients, std::span<const double> row)
{
    double sum = coefficients.back();
    for (std::size_t j = 0; j < row.size(); ++j)
        sum += coefficients[j] * row[j];
    return sum;
}

std::vector<double> fitLogistic(const LogisticProblem &problem, std::vector<double> coefficients, int steps)
{
    assert(problem.penalty.size() == static_cast<std::size_t>(problem.features) + 1);
    if (coefficients.empty())
        coefficients.assign(static_cast<std::size_t>(problem.features) + 1, 0);
    double reached = objective(problem, coefficients);
    for (int n = 0; n < steps; ++n) {
        const std::vector<double> step = newtonStep(problem, coefficients);
        std::vector<double> next(coefficients.size());
        bool better = false;
        for (double length = 1; length > 1e-3 && !better; length /= 2) {
            for (std::size_t j = 0; j < next.size(); ++j)
                next[j] = coefficients[j] - length * step[j];
            const double value = objective(problem, next);
            better = value <= reached;
            if (better)
                reached = value;
        }
        if (!better)
            break;
        coefficients = next;
        if (std::all_of(step.begin(), step.end(), [](double s) { return std::abs(s) < 1e-7; }))
            break;
    }
    return coefficients;
}

} // namespace mien
