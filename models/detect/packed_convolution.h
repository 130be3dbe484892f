#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace mien {

/// Floats at an address that suits every vector unit.
class AlignedFloats
{
public:
    AlignedFloats() = default;
    explicit AlignedFloats(std::size_t count); ///< All 0.

    float *data() { return m_values.get(); }
    const float *data() const { return m_values.get(); }

private:
    struct Release
    {
        void operator()(float *values) const;
    };
    std::unique_ptr<float[], Release> m_values;
};

/// What a kernel needs to compute one row of a convolution.
struct ConvolutionRow
{
    const float *const *rows = nullptr; ///< `side` input rows.
    std::size_t inStride = 0;           ///< Floats from one input pixel to the next.
    std::size_t runs = 0;               ///< Runs of neighbouring inputs in a row of the kernel,
    std::size_t runLength = 0;          ///< how long they are,
    std::size_t side = 0;               ///< and rows of the kernel.
    const float *weights = nullptr;     ///< [side][runs][runLength][outStride]
    const float *bias = nullptr;        ///< [outStride]
    const float *slopes = nullptr;      ///< [outStride]
    std::size_t outStride = 0;          ///< Output channels, a multiple of 16.
    std::size_t width = 0;              ///< Output pixels.
    float *out = nullptr;               ///< [width][outStride]
};

/// A valid convolution of stride 1 with bias and PReLU, for small networks on one CPU thread. Channels of a pixel lie
/// together, output channels are filled up to a multiple of 16 with 0, and a whole row is computed in the registers of
/// the widest vector unit that the CPU has (AVX-512, AVX2, or what the compiler takes for granted). On one thread this
/// is several times as fast as a general library for layers as narrow as MTCNN's.
///
/// Immutable: usable from several threads.
class PackedConvolution
{
public:
    PackedConvolution() = default;

    /// @param weight  [out, in, side, side]
    /// @param bias    [out]
    /// @param slopes  [out] of the PReLU; empty: without
    PackedConvolution(std::size_t in, std::size_t out, std::size_t side, std::span<const float> weight,
                      std::span<const float> bias, std::span<const float> slopes);

    std::size_t side() const { return m_side; }
    std::size_t outStride() const { return m_outStride; } ///< Floats of an output pixel.

    /// @param rows      `side` rows of width + side - 1 pixels
    /// @param inStride  floats from one input pixel to the next, at least `in`
    /// @param out       width * outStride() floats
    void row(const float *const *rows, std::size_t inStride, std::size_t width, float *out) const;

private:
    std::size_t m_in = 0, m_side = 0, m_outStride = 0;
    AlignedFloats m_weights, m_bias, m_slopes;
};

} // namespace mien
