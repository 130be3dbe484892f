#pragma once

#include "models/networks/network_plan.h"

#include <vector>

namespace mien {

/// vgg19 and inception-v3 (`models.md` 1.2, 1.8) by themselves.
std::vector<NetworkPlan> convolutionTrunkPlans();

} // namespace mien
