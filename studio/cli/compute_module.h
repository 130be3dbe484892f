#pragma once

#include "models/base/job.h"
#include "models/base/result.h"

namespace mien {

class Compute;

/// LibTorch's side of Mien, loaded from lib/libmien-compute.so at the first call: what needs no network never pays for
/// it. NotFound when the module or a library it needs is missing; the message names which.
Result<Compute *> compute();

/// Cancelled when the job is stopped before it is loaded, which takes seconds where nothing of it is in memory.
Result<Compute *> compute(const Job &job);

} // namespace mien
