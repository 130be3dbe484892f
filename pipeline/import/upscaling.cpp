#include "pipeline/import/upscaling.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mien {

namespace {

double cubic(double x, double a)
{
    x = std::abs(x);
    if (x < 1)
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

double sinc(double x)
{
    return x == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
}

double weightAt(UpscaleKernel kernel, double distance)
{
    switch (kernel) {
    case UpscaleKernel::Nearest: return 0; // takes one pixel, see below
    case UpscaleKernel::Bilinear: return std::max(0.0, 1 - std::abs(distance));
    case UpscaleKernel::Bicubic: return cubic(distance, -0.5);
    case UpscaleKernel::BicubicSharper: return cubic(distance, -0.75);
    case UpscaleKernel::Lanczos: return std::abs(distance) < 3 ? sinc(distance) * sinc(distance / 3) : 0;
    }
    return 0;
}

/// Row by row: how much each small pixel counts in a large one.
std::vector<double> upMatrix(UpscaleKernel kernel, int from, int to)
{
    constexpr int reach = 3; // of the widest kernel
    std::vector<double> up(std::size_t(to) * std::size_t(from));
    for (int i = 0; i < to; ++i) {
        double *const row = up.data() + std::size_t(i) * std::size_t(from);
        const double at = (i + 0.5) * from / to - 0.5;
        if (kernel == UpscaleKernel::Nearest) {
            row[std::min(from - 1, int((i + 0.5) * from / to))] = 1;
            continue;
        }
        const bool repeatsEdge = kernel == UpscaleKernel::BicubicSharper;
        double sum = 0;
        for (int j = int(std::floor(at)) - reach; j <= int(std::floor(at)) + reach + 1; ++j) {
            if (!repeatsEdge && (j < 0 || j >= from))
                continue;
            const double weight = weightAt(kernel, at - j);
            row[std::clamp(j, 0, from - 1)] += weight;
            sum += weight;
        }
        for (int j = 0; j < from; ++j)
            row[j] /= sum;
    }
    return up;
}

/// Solves (UᵀU) X = Uᵀ by Cholesky; UᵀU is positive definite, as every small pixel shows in some large one.
std::vector<double> pseudoInverse(const std::vector<double> &up, int from, int to)
{
    const std::size_t n = std::size_t(from), m = std::size_t(to);
    std::vector<double> l(n * n), x(n * m);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j <= i; ++j) {
            double sum = 0;
            for (std::size_t k = 0; k < m; ++k)
                sum += up[k * n + i] * up[k * n + j];
            for (std::size_t k = 0; k < j; ++k)
                sum -= l[i * n + k] * l[j * n + k];
            l[i * n + j] = i == j ? std::sqrt(sum) : sum / l[j * n + j];
        }
    std::vector<double> column(n);
    for (std::size_t c = 0; c < m; ++c) {
        for (std::size_t i = 0; i < n; ++i) {
            double sum = up[c * n + i];
            for (std::size_t k = 0; k < i; ++k)
                sum -= l[i * n + k] * column[k];
            column[i] = sum / l[i * n + i];
        }
        for (std::size_t i = n; i-- > 0;) {
            double sum = column[i];
            for (std::size_t k = i + 1; k < n; ++k)
                sum -= l[k * n + i] * column[k];
            column[i] = sum / l[i * n + i];
            x[i * m + c] = column[i];
        }
    }
    return x;
}

/// rows x columns of `matrix` times the square `picture` (columns x columns) times `matrix` transposed.
std::vector<float> onBothSides(const std::vector<float> &matrix, std::size_t rows, std::size_t columns,
                               std::span<const float> picture)
{
    std::vector<float> half(rows * columns), whole(rows * rows);
    for (std::size_t i = 0; i < rows; ++i) {
        float *const to = half.data() + i * columns;
        for (std::size_t k = 0; k < columns; ++k) {
            const float weight = matrix[i * columns + k];
            if (weight == 0)
                continue;
            const float *const from = picture.data() + k * columns;
            for (std::size_t j = 0; j < columns; ++j)
                to[j] += weight * from[j];
        }
    }
    std::vector<float> transposed(rows * columns);
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t k = 0; k < columns; ++k)
            transposed[k * rows + i] = matrix[i * columns + k];
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t k = 0; k < columns; ++k) {
            const float value = half[i * columns + k];
            const float *const from = transposed.data() + k * rows;
            float *const to = whole.data() + i * rows;
            for (std::size_t j = 0; j < rows; ++j)
                to[j] += value * from[j];
        }
    return whole;
}

} // namespace

Upscaling::Upscaling(UpscaleKernel kernel, int fromPx, int toPx)
    : m_fromPx(fromPx)
    , m_toPx(toPx)
{
    const std::vector<double> up = upMatrix(kernel, fromPx, toPx);
    const std::vector<double> down = pseudoInverse(up, fromPx, toPx);
    m_up.assign(up.begin(), up.end());
    m_down.assign(down.begin(), down.end());
}

std::vector<float> Upscaling::enlarged(std::span<const float> small) const
{
    return onBothSides(m_up, std::size_t(m_toPx), std::size_t(m_fromPx), small);
}

std::vector<float> Upscaling::reduced(std::span<const float> large) const
{
    return onBothSides(m_down, std::size_t(m_fromPx), std::size_t(m_toPx), large);
}

double Upscaling::residual(std::span<const float> large, int step) const
{
    const std::size_t from = std::size_t(m_fromPx), to = std::size_t(m_toPx);
    std::vector<float> small(from);
    double squares = 0;
    std::size_t count = 0;
    for (std::size_t y = 0; y < to; y += std::size_t(step)) {
        const float *const row = large.data() + y * to;
        for (std::size_t i = 0; i < from; ++i) {
            float sum = 0;
            for (std::size_t k = 0; k < to; ++k)
                sum += m_down[i * to + k] * row[k];
            small[i] = sum;
        }
        for (std::size_t i = 0; i < to; ++i) {
            float sum = 0;
            for (std::size_t k = 0; k < from; ++k)
                sum += m_up[i * from + k] * small[k];
            squares += double(sum - row[i]) * double(sum - row[i]);
        }
        count += to;
    }
    return std::sqrt(squares / double(count));
}

} // namespace mien
