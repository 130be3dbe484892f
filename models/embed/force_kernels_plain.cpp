#define MIEN_LANES 4
#include "models/embed/force_kernel_code.h"

namespace mien {

const ForceKernels kernels::plainForces = {attract, spread, gather};

} // namespace mien
