#pragma once

#include "studio/cli/sample_fields.h"
#include "studio/cli/session.h"

#include <span>

namespace mien {

/// Prints samples as CSV (with a header) or JSON lines, reading them in batches so that memory stays bounded.
/// Gives the exit status.
int printSamples(Session &session, const Project &project, std::span<const SampleId> ids,
                 const std::vector<const SampleField *> &fields, bool asJson);

} // namespace mien
