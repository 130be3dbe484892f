#include "models/detect/packed_convolution.h"

#include "models/detect/convolution_rows.h"

#include <algorithm>
#include <cassert>
#include <new>

namespace mien {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kChannelStep = 16;

void (*fastest())(const ConvolutionRow &)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        return convolveRowAvx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return convolveRowAvx2;
#endif
    return convolveRowPlain;
}

} // namespace

AlignedFloats::AlignedFloats(std::size_t count)
    : m_values(static_cast<float *>(::operator new[](count * sizeof(float), std::align_val_t(kAlignment))))
{
    std::fill_n(m_values.get(), count, 0.0f);
}

void AlignedFloats::Release::operator()(float *values) const
{
    ::operator delete[](values, std::align_val_t(kAlignment));
}

PackedConvolution::PackedConvolution(std::size_t in, std::size_t out, std::size_t side, std::span<const float> weight,
                                     std::span<const float> bias, std::span<const float> slopes)
    : m_in(in)
    , m_side(side)
    , m_outStride((out + kChannelStep - 1) / kChannelStep * kChannelStep)
    , m_weights(side * side * in * m_outStride)
    , m_bias(m_outStride)
    , m_slopes(m_outStride)
{
    assert(weight.size() == out * in * side * side && bias.size() == out && (slopes.empty() || slopes.size() == out));
    for (std::size_t o = 0; o < out; ++o) {
        m_bias.data()[o] = bias[o];
        m_slopes.data()[o] = slopes.empty() ? 1.0f : slopes[o];
        for (std::size_t i = 0; i < in; ++i)
            for (std::size_t tap = 0; tap < side * side; ++tap)
                m_weights.data()[(tap * in + i) * m_outStride + o] = weight[(o * in + i) * side * side + tap];
    }
}

void PackedConvolution::row(const float *const *rows, std::size_t inStride, std::size_t width, float *out) const
{
    static void (*const convolve)(const ConvolutionRow &) = fastest();
    ConvolutionRow row;
    row.rows = rows;
    row.inStride = inStride;
    const bool isGapless = inStride == m_in; // then neighbouring pixels are one run
    row.runs = isGapless ? 1 : m_side;
    row.runLength = isGapless ? m_side * m_in : m_in;
    row.side = m_side;
    row.weights = m_weights.data();
    row.bias = m_bias.data();
    row.slopes = m_slopes.data();
    row.outStride = m_outStride;
    row.width = width;
    row.out = out;
    convolve(row);
}

} // namespace mien
