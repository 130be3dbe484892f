#include "models/detect/convolution_rows.h"

#include <cstddef>
#include <initializer_list>

#if defined(__x86_64__)
#pragma GCC target("avx512f,avx512vl,avx512dq,fma")

#include "models/detect/convolution_kernel.h"

namespace mien {

void convolveRowAvx512(const ConvolutionRow &row)
{
    convolveRow<16, 4, 24>(row);
}

} // namespace mien
#endif
