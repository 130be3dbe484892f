#pragma once

#include "studio/cli/json_lines.h"

namespace mien {

/// "1 sample", "2,304 samples".
inline std::string counted(std::int64_t number, std::string_view noun)
{
    return grouped(number) + ' ' + std::string(noun) + (number == 1 ? "" : "s");
}

} // namespace mien
