#pragma once

#include <string_view>

namespace mien {

/// What a `--set` key common to all networks is for, in plain words and as a clause without a full stop; "" where there
/// is no such key.
std::string_view trainKeyHelp(std::string_view key);

} // namespace mien
