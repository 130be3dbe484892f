#include "pipeline/jobs/sample_request.h"

#include <new>

namespace mien {

using nlohmann::json;

namespace {

Result<json> found(const json &request, const std::function<Result<json>(SampleId)> &answered)
{
    if (!request.is_object() || !request.contains("sample") || !request["sample"].is_number_integer())
        return fail(ErrorCode::Invalid, "A request is a JSON object with \"id\" and \"sample\".");
    return answered(SampleId{request["sample"].get<std::int64_t>()});
}

} // namespace

json answerTo(const json &request, const std::function<Result<json>(SampleId)> &answered)
{
    json reply;
    try {
        const auto answer = found(request, answered);
        reply = answer ? *answer : json{{"message", answer.error().message}};
        reply["ok"] = answer.has_value();
    } catch (const json::exception &) {
        reply = {{"ok", false}, {"message", "The request has a member of the wrong type."}};
    } catch (const std::bad_alloc &) {
        reply = {{"ok", false}, {"message", "The picture needs more memory than there is for it."}};
    }
    reply["id"] = request.is_object() ? request.value("id", json()) : json();
    return reply;
}

} // namespace mien
