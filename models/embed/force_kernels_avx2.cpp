#include "models/embed/force_kernels.h"

#if defined(__x86_64__)
#pragma GCC target("avx2,fma")
#define MIEN_LANES 8
#include "models/embed/force_kernel_code.h"

namespace mien {

const ForceKernels kernels::avx2Forces = {attract, spread, gather};

} // namespace mien
#endif
