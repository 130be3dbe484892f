#pragma once

#include "models/base/result.h"
#include "models/detect/mtcnn_weights.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// The stage that `mien networks` calls `mtcnn-pnet`, `mtcnn-rnet` or `mtcnn-onet`; empty for any other name.
std::optional<MtcnnStage> detectorStage(std::string_view network);
std::vector<std::string> detectorNames();

/// The row of `mien networks`, of the kind "detector". A detector is used as it was published: it has two classes (no
/// face, face), whatever number is asked for, and no options.
nlohmann::json detectorRow(MtcnnStage stage);

} // namespace mien
