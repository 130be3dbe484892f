#pragma once

#include "models/base/job.h"
#include "models/base/result.h"

#include <string>
#include <vector>

#include <sys/types.h>

namespace mien {

/// How a child process ended.
struct ChildEnd
{
    pid_t pid = 0;
    int status = -1; ///< Exit status; -1: ended by `signal`.
    int signal = 0;
    std::string out, err; ///< What it said, at most 16 MB each.
};

/// Runs this program again with other arguments, without input, and waits for its end; a stop kills it.
/// Fails with Internal when it cannot be started.
Result<ChildEnd> runOwnChild(const std::vector<std::string> &arguments, const Job &job);

} // namespace mien
