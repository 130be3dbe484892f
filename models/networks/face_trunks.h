#pragma once

#include "models/networks/network_plan.h"

#include <vector>

namespace mien {

/// The trunks of POSTER and ARBEx by themselves (`models.md` 1.6, 1.7): ir50, mobilefacenet.
std::vector<NetworkPlan> faceTrunkPlans();

} // namespace mien
