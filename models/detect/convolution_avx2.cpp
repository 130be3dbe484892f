#include "models/detect/convolution_rows.h"

#include <cstddef>
#include <initializer_list>

#if defined(__x86_64__)
#pragma GCC target("avx2,fma")

#include "models/detect/convolution_kernel.h"

namespace mien {

void convolveRowAvx2(const ConvolutionRow &row)
{
    convolveRow<8, 2, 12>(row);
}

} // namespace mien
#endif
