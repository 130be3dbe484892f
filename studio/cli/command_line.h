#pragma once

#include <string>
#include <vector>

namespace mien {

/// Runs `mien ARGUMENTS` and gives the exit status. Prints help; wrong usage is one line on stderr and status 2.
int runCommandLine(const std::vector<std::string> &arguments);

} // namespace mien
