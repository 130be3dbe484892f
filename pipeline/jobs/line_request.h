#pragma once

#include "models/base/result.h"
#include "pipeline/store/ids.h"

#include <nlohmann/json.hpp>

#include <functional>

namespace mien {

/// One line of a warm helper, `{"id":1,…}`: answers with what `answered` finds, its `id` and `"ok":true`. Never fails:
/// a request that is none, an error, a member that is missing or of the wrong type and memory that does not suffice are
/// `"ok":false` with a `message`.
nlohmann::json answerTo(const nlohmann::json &request, const std::function<Result<nlohmann::json>()> &answered);

/// Its `sample`.
Result<SampleId> sampleIn(const nlohmann::json &request);

} // namespace mien
