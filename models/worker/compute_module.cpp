#include "models/worker/compute_verbs.h"

extern "C" mien::Compute *mienCompute()
{
    static const auto compute = mien::makeCompute();
    return compute.get();
}
