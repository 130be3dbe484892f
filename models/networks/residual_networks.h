#pragma once

#include "models/networks/network_plan.h"

#include <vector>

namespace mien {

/// EAC on residual trunks (`models.md` 2): eac-compact, eac-resnet18, eac-resnet50.
std::vector<NetworkPlan> residualNetworkPlans();

/// resnet18 and resnet50 (`models.md` 1.1) by themselves.
std::vector<NetworkPlan> residualTrunkPlans();

} // namespace mien
