#pragma once

#include "models/base/result.h"
#include "pipeline/store/ids.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

namespace mien {

/// One line of a warm helper, `{"id":1,…}`: answers with what `answered` finds, its `id` and `"ok":true`. Never fails:
/// a request that is none, an error, a member that is missing or of the wrong type and memory that does not suffice are
/// `"ok":false` with a `message`.
nlohmann::json answerTo(const nlohmann::json &request, const std::function<Result<nlohmann::json>()> &answered);

/// What a request may hold.
struct RequestMember
{
    enum class Form { Any, Number, Text };
    std::string_view name;
    Form form = Form::Any;
};
/// Invalid, naming it and what is possible, for a member of another form and for one that nobody reads: it would be a
/// mistake that nobody sees.
/// @param what  "a request for a file"
Result<> checkMembers(const nlohmann::json &object, std::string_view what, std::span<const RequestMember> known);

/// Its `file`. Invalid for one with a NUL character, which no path holds and at which the system would cut it.
Result<std::filesystem::path> fileIn(const nlohmann::json &request);

/// Its `sample`.
Result<SampleId> sampleIn(const nlohmann::json &request);

} // namespace mien
