#pragma once

#include "models/worker/compute.h"

#include <memory>

namespace mien {

/// The Compute of this build: what libmien-compute.so exports and what mien-worker calls.
std::unique_ptr<Compute> makeCompute();

} // namespace mien
