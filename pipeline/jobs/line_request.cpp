#include "pipeline/jobs/line_request.h"

#include <new>

namespace mien {

using nlohmann::json;

json answerTo(const json &request, const std::function<Result<json>()> &answered)
{
    json reply;
    try {
        const auto answer = request.is_object() ? answered() : fail(ErrorCode::Invalid, "A request is a JSON object.");
        reply = answer ? *answer : json{{"message", answer.error().message}};
        reply["ok"] = answer.has_value();
    } catch (const json::exception &) {
        reply = {{"ok", false}, {"message", "A member of the request is missing or of the wrong type."}};
    } catch (const std::bad_alloc &) {
        reply = {{"ok", false}, {"message", "The picture needs more memory than there is for it."}};
    }
    reply["id"] = request.is_object() ? request.value("id", json()) : json();
    return reply;
}

Result<SampleId> sampleIn(const json &request)
{
    if (!request.contains("sample") || !request["sample"].is_number_integer())
        return fail(ErrorCode::Invalid, "A request names a \"sample\" by its id.");
    return SampleId{request["sample"].get<std::int64_t>()};
}

} // namespace mien
