#pragma once

#include "models/base/result.h"

#include <cstdint>

namespace mien {

/// What a process that reads a distrusted file may still use.
struct Confinement
{
    std::uint64_t memoryBytes = 0; ///< Address space beyond what it has.
    std::uint64_t cpuSeconds = 0;  ///< From its start; then it ends by SIGXCPU.
    std::uint64_t fileBytes = 0;   ///< Of a file that it writes; beyond that it ends by SIGXFSZ.
};

/// From here on all threads of this process keep to these limits, leave no core file, and can neither open sockets nor
/// start programs, processes or threads: such calls fail with EPERM. There is no way back.
/// Fails with Unreadable where the system cannot take that right away; the limits hold all the same.
Result<> confineThisProcess(const Confinement &most);

} // namespace mien
