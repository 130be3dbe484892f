#include "models/embed/repulsion_field.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace mien {

namespace {

constexpr float kSpacing = 0.375f;               // of the nodes, where the map is large enough
constexpr float kSmallestSpacing = kSpacing / 8; // finer, and the differences of fp32 values would be noise
constexpr std::int64_t kFewestNodes = 48;
constexpr std::int64_t kMargin = splineReach + 2; // nodes around the map that splines reach
constexpr std::int64_t kStripRows = 8;            // grid rows that one thread fills; at least splineReach
constexpr std::size_t kKernels = 4;               // spectra that are kept

/// Grid sides whose double is quick to transform: products of 2, 3 and 5 that grow by less than a fifth.
std::int64_t quickSide(std::int64_t least)
{
    static constexpr std::array<std::int64_t, 23> sides = {48,  64,  80,  96,   120,  144,  160, 192,
                                                           240, 288, 320, 384,  400,  480,  576, 640,
                                                           720, 800, 960, 1152, 1280, 1536, 1920};
    return *std::find_if(sides.begin(), sides.end() - 1, [&](std::int64_t side) { return side >= least; });
}

struct Extent
{
    float low = 0, high = 0;

    float span() const { return high - low; }
    float middle() const { return low + span() / 2; }
};

Extent extentOf(std::span<const float> layout, std::size_t axis)
{
    Extent extent{layout[axis], layout[axis]};
    for (std::size_t i = axis; i < layout.size(); i += 2) {
        extent.low = std::min(extent.low, layout[i]);
        extent.high = std::max(extent.high, layout[i]);
    }
    return extent;
}

/// Spectrum of a degree-5 spline's values at its nodes (1, 26, 66, 26, 1) / 120.
std::vector<float> splineSpectrum(std::int64_t length)
{
    std::vector<float> spectrum(static_cast<std::size_t>(length));
    for (std::int64_t i = 0; i < length; ++i) {
        const double angle = 2 * std::numbers::pi * double(i) / double(length);
        spectrum[std::size_t(i)] = float((33 + 26 * std::cos(angle) + std::cos(2 * angle)) / 60);
    }
    return spectrum;
}

} // namespace

const torch::Tensor &RepulsionField::spectrumOf(std::int64_t rows, std::int64_t columns, float spacing)
{
    const auto known = std::find_if(m_kernels.begin(), m_kernels.end(), [&](const Kernel &kernel) {
        return kernel.rows == rows && kernel.columns == columns && kernel.spacing == spacing;
    });
    if (known != m_kernels.end()) {
        m_kernels.splice(m_kernels.begin(), m_kernels, known);
        return m_kernels.front().spectrum;
    }
    // On a grid of twice the side, where what wraps around meets only nodes that nobody reads.
    auto kernel = torch::empty({2 * rows, 2 * columns});
    auto *values = kernel.data_ptr<float>();
    for (std::int64_t r = 0; r < 2 * rows; ++r)
        for (std::int64_t c = 0; c < 2 * columns; ++c) {
            const float y = spacing * float(std::min(r, 2 * rows - r));
            const float x = spacing * float(std::min(c, 2 * columns - c));
            *values++ = 1.0f / (1.0f + x * x + y * y);
        }
    // Twice by the splines: points are spread by them and read by them.
    auto down = torch::tensor(splineSpectrum(2 * rows)).square().unsqueeze(1);
    auto across = torch::tensor(splineSpectrum(2 * columns)).square().narrow(0, 0, columns + 1).unsqueeze(0);
    auto spectrum = torch::real(torch::fft_rfft2(kernel)) / (down * across);
    m_kernels.push_front({rows, columns, spacing, spectrum.contiguous()});
    if (m_kernels.size() > kKernels)
        m_kernels.pop_back();
    return m_kernels.front().spectrum;
}

void RepulsionField::sortByRow(std::span<const float> layout, const SplineGrid &grid, std::int64_t rows)
{
    const std::size_t count = layout.size() / 2;
    m_rowOf.resize(count);
    m_order.resize(count);
    m_rowBegins.assign(std::size_t(rows) + 1, 0);
    for (std::size_t i = 0; i < count; ++i) {
        m_rowOf[i] = std::int32_t((layout[2 * i + 1] - grid.top) * grid.perUnit);
        ++m_rowBegins[std::size_t(m_rowOf[i]) + 1];
    }
    for (std::size_t row = 1; row < m_rowBegins.size(); ++row)
        m_rowBegins[row] += m_rowBegins[row - 1];
    std::vector<std::int64_t> next(m_rowBegins.begin(), m_rowBegins.end() - 1);
    for (std::size_t i = 0; i < count; ++i)
        m_order[std::size_t(next[std::size_t(m_rowOf[i])]++)] = std::int32_t(i);
}

double RepulsionField::forces(std::span<const float> layout, std::span<float> forces)
{
    const torch::NoGradGuard noGradients;
    const Extent x = extentOf(layout, 0), y = extentOf(layout, 1);
    const float span = std::max(x.span(), y.span());
    float spacing = kSpacing;
    while (spacing > kSmallestSpacing && span / spacing < float(kFewestNodes - kMargin))
        spacing /= 2;
    const float coarsest = span / float(largestSide - kMargin - 1);
    spacing = std::max(spacing, coarsest);
    const std::int64_t rows = quickSide(std::int64_t(std::ceil(y.span() / spacing)) + kMargin);
    const std::int64_t columns = quickSide(std::int64_t(std::ceil(x.span() / spacing)) + kMargin);
    const torch::Tensor &spectrum = spectrumOf(rows, columns, spacing);

    // A row more than the map needs: the six weights are moved as eight.
    const std::int64_t nodes = rows * columns;
    if (!m_grid.defined() || m_grid.numel() < nodes + kMargin)
        m_grid = torch::empty({nodes + kMargin});
    auto *values = m_grid.data_ptr<float>();
    std::fill(values, values + nodes + kMargin, 0.0f);
    const SplineGrid grid{values, columns, x.middle() - spacing * float(columns - 1) / 2,
                          y.middle() - spacing * float(rows - 1) / 2, 1 / spacing};
    sortByRow(layout, grid, rows);

    const ForceKernels &kernels = forceKernels();
    const std::int64_t strips = (rows + kStripRows - 1) / kStripRows;
    const auto points = [&](std::int64_t strip) {
        const std::int64_t begin = m_rowBegins[std::size_t(strip * kStripRows)];
        const std::int64_t end = m_rowBegins[std::size_t(std::min((strip + 1) * kStripRows, rows))];
        return std::span(m_order).subspan(std::size_t(begin), std::size_t(end - begin));
    };
    // Every second strip, then the others: what is spread from a strip ends in its neighbours.
    for (const std::int64_t odd : {0, 1})
        torch::parallel_for(0, (strips + 1 - odd) / 2, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) {
                const auto here = points(2 * i + odd);
                kernels.spread(grid, layout.data(), here.data(), std::int64_t(here.size()));
            }
        });

    auto field = m_grid.narrow(0, 0, nodes).view({rows, columns});
    auto transformed = torch::fft_rfft2(field, torch::IntArrayRef({2 * rows, 2 * columns}));
    transformed.mul_(spectrum);
    const auto potential = torch::fft_irfft2(transformed, torch::IntArrayRef({2 * rows, 2 * columns}));
    field.copy_(potential.narrow(0, 0, rows).narrow(1, 0, columns));

    std::vector<double> sums(std::size_t(strips), 0.0);
    torch::parallel_for(0, strips, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t strip = begin; strip < end; ++strip) {
            const auto here = points(strip);
            sums[std::size_t(strip)] =
                kernels.gather(grid, layout.data(), here.data(), std::int64_t(here.size()), forces.data());
        }
    });
    double sum = 0;
    for (const double part : sums)
        sum += part;
    return sum - double(layout.size() / 2); // without what each point says of itself
}

} // namespace mien
