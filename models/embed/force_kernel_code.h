#pragma once

// Included by one file an instruction set, after it has told the compiler which and has set MIEN_LANES, the floats of a
// vector. Everything here has internal linkage: code for one CPU must not be what the linker keeps for all.

#include "models/embed/force_kernels.h"

namespace mien {
namespace {

typedef float Vector __attribute__((vector_size(MIEN_LANES * 4), aligned(4), may_alias));
typedef double Pairs __attribute__((vector_size(MIEN_LANES * 4), aligned(4), may_alias));
typedef int Indexes __attribute__((vector_size(MIEN_LANES * 4)));
typedef float Six __attribute__((vector_size(32), aligned(4), may_alias)); // six weights and two zeros
typedef double Pair __attribute__((aligned(4), may_alias));                // x and y of a point, moved as one

constexpr int edges = MIEN_LANES / 2; // entries of a row that are looked at together

void attract(const std::int64_t *begins, const std::int32_t *columns, const float *weights, const float *layout,
             float *forces, std::int64_t first, std::int64_t last)
{
    Indexes swapped, twice;
    for (int lane = 0; lane < MIEN_LANES; ++lane) {
        swapped[lane] = lane ^ 1;
        twice[lane] = lane / 2;
    }
    for (std::int64_t i = first; i < last; ++i) {
        const Pair here = *reinterpret_cast<const Pair *>(layout + 2 * i);
        Pairs own;
        for (int e = 0; e < edges; ++e)
            own[e] = here;
        Vector sum{};
        for (std::int64_t entry = begins[i]; entry < begins[i + 1]; entry += edges) {
            Pairs others;
            Vector weight{};
#pragma GCC unroll 8
            for (int e = 0; e < edges; ++e) {
                others[e] = *reinterpret_cast<const Pair *>(layout + 2 * std::int64_t(columns[entry + e]));
                weight[e] = weights[entry + e];
            }
            const Vector apart = (Vector)own - (Vector)others;
            const Vector squares = apart * apart;
            const Vector distance = squares + __builtin_shuffle(squares, swapped);
            sum += __builtin_shuffle(weight, twice) / (1.0f + distance) * apart;
        }
        float x = 0, y = 0;
        for (int e = 0; e < edges; ++e) {
            x += sum[2 * e];
            y += sum[2 * e + 1];
        }
        forces[2 * i] = x;
        forces[2 * i + 1] = y;
    }
}

/// Values and derivatives of the quintic B-spline at the six nodes around a place between the third and the fourth.
/// @param t  0 to 1: the way from the third node to the fourth
inline void splineWeights(float t, Six &values, Six &slopes)
{
    const float t2 = t * t, t3 = t2 * t, t4 = t2 * t2, t5 = t4 * t;
    const float u = 1 - t, u2 = u * u, u4 = u2 * u2;
    constexpr float a = 1.0f / 120.0f;
    values = Six{u4 * u,
                 26 - 50 * t + 20 * t2 + 20 * t3 - 20 * t4 + 5 * t5,
                 66 - 60 * t2 + 30 * t4 - 10 * t5,
                 26 + 50 * t + 20 * t2 - 20 * t3 - 20 * t4 + 10 * t5,
                 1 + 5 * t + 10 * t2 + 10 * t3 + 5 * t4 - 5 * t5,
                 t5,
                 0,
                 0} *
             a;
    slopes = Six{-5 * u4,
                 -50 + 40 * t + 60 * t2 - 80 * t3 + 25 * t4,
                 -120 * t + 120 * t3 - 50 * t4,
                 50 + 40 * t - 60 * t2 - 80 * t3 + 50 * t4,
                 5 + 20 * t + 30 * t2 + 20 * t3 - 25 * t4,
                 5 * t4,
                 0,
                 0} *
             a;
}

/// Where a point's six by six nodes begin, and their weights.
struct Stencil
{
    std::int64_t offset;
    Six x, y, slopeX, slopeY;

    Stencil(const SplineGrid &grid, const float *point)
    {
        const float column = (point[0] - grid.left) * grid.perUnit;
        const float row = (point[1] - grid.top) * grid.perUnit;
        const auto left = std::int64_t(column), above = std::int64_t(row);
        splineWeights(column - float(left), x, slopeX);
        splineWeights(row - float(above), y, slopeY);
        offset = (above - 2) * grid.width + left - 2;
    }
};

void spread(const SplineGrid &grid, const float *layout, const std::int32_t *points, std::int64_t count)
{
    for (std::int64_t i = 0; i < count; ++i) {
        const Stencil stencil(grid, layout + 2 * std::int64_t(points[i]));
        float *row = grid.values + stencil.offset;
#pragma GCC unroll 6
        for (int r = 0; r < int(splineReach); ++r, row += grid.width)
            *reinterpret_cast<Six *>(row) += stencil.x * stencil.y[r];
    }
}

inline float total(const Six &v)
{
    return ((v[0] + v[1]) + (v[2] + v[3])) + (v[4] + v[5]);
}

double gather(const SplineGrid &grid, const float *layout, const std::int32_t *points, std::int64_t count,
              float *forces)
{
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t point = points[i];
        const Stencil stencil(grid, layout + 2 * point);
        const float *row = grid.values + stencil.offset;
        Six across{}, slope{};
#pragma GCC unroll 6
        for (int r = 0; r < int(splineReach); ++r, row += grid.width) {
            const Six nodes = *reinterpret_cast<const Six *>(row);
            across += nodes * stencil.y[r];
            slope += nodes * stencil.slopeY[r];
        }
        sum += double(total(across * stencil.x));
        forces[2 * point] = -0.5f * grid.perUnit * total(across * stencil.slopeX);
        forces[2 * point + 1] = -0.5f * grid.perUnit * total(slope * stencil.x);
    }
    return sum;
}

} // namespace
} // namespace mien
