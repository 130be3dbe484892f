#pragma once

#include "models/base/result.h"

#include <string_view>

namespace mien {

/// Loads `file` (e.g. "libmien-imaging.so") from `../lib` beside the running program, or from the program's own folder,
/// and gives the address of `entry` in it. It stays loaded.
/// @param purpose  for the message: "which reads pictures"
/// NotFound: it is missing or does not load, and why; Invalid: it has no such entry.
Result<void *> loadModule(std::string_view file, const char *entry, std::string_view purpose);

} // namespace mien
