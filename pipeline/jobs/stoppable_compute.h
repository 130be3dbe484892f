#pragma once

#include "models/worker/compute.h"

#include <functional>

namespace mien {

/// Compute::run() on a thread of its own, so that a stop is answered within a second: one step of a large network takes
/// longer than that and cannot be interrupted. Then the computation is left to itself (its events go nowhere, what it
/// wrote last is whole) and Cancelled comes back; the program must end without waiting for it, see
/// isComputeAbandoned().
Result<nlohmann::json> runStoppable(Compute &compute, std::string_view verb, const nlohmann::json &config,
                                    const EventSink &events, const Job &job);

/// The same for one step that cannot be interrupted, e.g. loading a large library. What `step` uses must outlive it.
Result<> runStoppable(std::function<void()> step, const Job &job);

/// True once a computation was left to itself: end with _exit(), not with exit(), which destroys what it works with.
bool isComputeAbandoned();

} // namespace mien
