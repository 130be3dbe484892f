#pragma once

// Included by one file an instruction set, after it has told the compiler which. Everything here has internal linkage:
// code for one CPU must not be what the linker keeps for all.

namespace mien {
namespace {

/// `Pixels` neighbours of a row, `Vectors` * `Lanes` of their output channels, all sums in registers.
template <int Lanes, int Vectors, int Pixels>
inline void convolveBlock(const ConvolutionRow &row, std::size_t x, std::size_t channel)
{
    typedef float Vector __attribute__((vector_size(Lanes * sizeof(float)), aligned(sizeof(float)), may_alias));
    Vector sums[Pixels][Vectors];
#pragma GCC unroll 16
    for (int p = 0; p < Pixels; ++p)
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v)
            sums[p][v] = *reinterpret_cast<const Vector *>(row.bias + channel + std::size_t(v * Lanes));

    const float *weights = row.weights + channel;
    for (std::size_t ky = 0; ky < row.side; ++ky) {
        const float *run = row.rows[ky] + x * row.inStride;
        for (std::size_t r = 0; r < row.runs; ++r, run += row.inStride) {
            for (std::size_t i = 0; i < row.runLength; ++i, weights += row.outStride) {
                Vector w[Vectors];
#pragma GCC unroll 4
                for (int v = 0; v < Vectors; ++v)
                    w[v] = *reinterpret_cast<const Vector *>(weights + v * Lanes);
#pragma GCC unroll 16
                for (int p = 0; p < Pixels; ++p) {
                    const float input = run[std::size_t(p) * row.inStride + i];
#pragma GCC unroll 4
                    for (int v = 0; v < Vectors; ++v)
                        sums[p][v] += w[v] * input;
                }
            }
        }
    }

#pragma GCC unroll 16
    for (int p = 0; p < Pixels; ++p)
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v) {
            const Vector sum = sums[p][v];
            const Vector slope = *reinterpret_cast<const Vector *>(row.slopes + channel + std::size_t(v * Lanes));
            float *out = row.out + (x + std::size_t(p)) * row.outStride + channel + std::size_t(v * Lanes);
            *reinterpret_cast<Vector *>(out) = sum > 0.0f ? sum : sum * slope;
        }
}

/// A whole row; the last block is moved back to end where the row does and computes some pixels again.
template <int Lanes, int Vectors, int Pixels>
void convolveBlocks(const ConvolutionRow &row, std::size_t channel)
{
    std::size_t x = 0;
    for (; x + Pixels <= row.width; x += Pixels)
        convolveBlock<Lanes, Vectors, Pixels>(row, x, channel);
    if (x < row.width)
        convolveBlock<Lanes, Vectors, Pixels>(row, row.width - Pixels, channel);
}

/// Takes the block that computes the fewest pixels twice, of those whose sums fit into `Registers` vectors.
template <int Lanes, int Vectors, int Registers>
void convolveChannels(const ConvolutionRow &row, std::size_t channel)
{
    std::size_t best = 1, bestCost = row.width * 4; // one pixel at a time waits for its own sums
    for (const std::size_t pixels : {12, 8, 6, 4, 3}) {
        const std::size_t cost = (row.width + pixels - 1) / pixels * pixels;
        if (pixels * Vectors <= Registers && pixels <= row.width && cost < bestCost) {
            best = pixels;
            bestCost = cost;
        }
    }
    switch (best) {
    case 12:
        if constexpr (12 * Vectors <= Registers)
            return convolveBlocks<Lanes, Vectors, 12>(row, channel);
        break;
    case 8:
        if constexpr (8 * Vectors <= Registers)
            return convolveBlocks<Lanes, Vectors, 8>(row, channel);
        break;
    case 6:
        if constexpr (6 * Vectors <= Registers)
            return convolveBlocks<Lanes, Vectors, 6>(row, channel);
        break;
    case 4: return convolveBlocks<Lanes, Vectors, 4>(row, channel);
    case 3: return convolveBlocks<Lanes, Vectors, 3>(row, channel);
    default: break;
    }
    convolveBlocks<Lanes, Vectors, 1>(row, channel);
}

/// @tparam Most       vectors of channels that are computed together
/// @tparam Registers  vectors that may hold sums
template <int Lanes, int Most, int Registers>
void convolveRow(const ConvolutionRow &row)
{
    for (std::size_t channel = 0; channel < row.outStride;) {
        const std::size_t left = (row.outStride - channel) / Lanes;
        if (Most >= 4 && left >= 4) {
            convolveChannels<Lanes, (Most >= 4 ? 4 : 1), Registers>(row, channel);
            channel += 4 * Lanes;
        } else if (Most >= 3 && left >= 3) {
            convolveChannels<Lanes, (Most >= 3 ? 3 : 1), Registers>(row, channel);
            channel += 3 * Lanes;
        } else if (left >= 2) {
            convolveChannels<Lanes, 2, Registers>(row, channel);
            channel += 2 * Lanes;
        } else {
            convolveChannels<Lanes, 1, Registers>(row, channel);
            channel += Lanes;
        }
    }
}

} // namespace
} // namespace mien
