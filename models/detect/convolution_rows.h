#pragma once

#include "models/detect/packed_convolution.h"

namespace mien {

/// One row by the vector units that the name says; only to be called where the CPU has them.
void convolveRowPlain(const ConvolutionRow &row);
#if defined(__x86_64__)
void convolveRowAvx2(const ConvolutionRow &row);
void convolveRowAvx512(const ConvolutionRow &row);
#endif

} // namespace mien
