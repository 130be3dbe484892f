#pragma once

#include "models/base/result.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace mien {

/// What `--set KEY=VALUE …` says, values as text: whoever owns the key knows its type. Invalid without a key.
Result<nlohmann::json> keyValues(const std::vector<std::string> &pairs);

} // namespace mien
