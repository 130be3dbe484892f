#pragma once

#include "studio/common/page.h"

#include <vector>

namespace mien {

/// The modes in the order of the mode bar; Ctrl+0 … Ctrl+9 follow it. A mode that is not built is not listed.
const std::vector<PageEntry> &pageEntries();

} // namespace mien
