#include "models/embed/force_kernels.h"

namespace mien {

const ForceKernels &forceKernels()
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return kernels::avx2Forces;
#endif
    return kernels::plainForces;
}

} // namespace mien
