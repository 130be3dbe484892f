#include "pipeline/jobs/line_request.h"

#include <algorithm>
#include <new>
#include <string>

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

Result<> checkMembers(const json &object, std::string_view what, std::span<const RequestMember> known)
{
    using Form = RequestMember::Form;
    for (const auto &[member, value] : object.items()) {
        const auto one = std::find_if(known.begin(), known.end(), [&name = member](const RequestMember &possible) {
            return possible.name == name;
        });
        if (one != known.end()) {
            const bool isRight = one->form == Form::Number ? value.is_number()
                                 : one->form == Form::Text ? value.is_string()
                                                           : true;
            if (!isRight)
                return fail(ErrorCode::Invalid, "\"" + member + "\" is " +
                                                    (one->form == Form::Number ? "a number" : "a text") + ", not " +
                                                    value.dump(-1, ' ', false, json::error_handler_t::replace) + ".");
            continue;
        }
        std::string possible;
        for (const RequestMember &each : known)
            possible += (possible.empty() ? "" : ", ") + std::string(each.name);
        return fail(ErrorCode::Invalid,
                    "\"" + member + "\" is no member of " + std::string(what) + "; possible are " + possible + ".");
    }
    return {};
}

Result<std::filesystem::path> fileIn(const json &request)
{
    if (!request.contains("file") || !request["file"].is_string())
        return fail(ErrorCode::Invalid, "A request names a \"file\".");
    const std::string file = request["file"].get<std::string>();
    if (file.empty())
        return fail(ErrorCode::Invalid, "\"file\" is empty; it names a picture or a video.");
    if (file.find('\0') != std::string::npos)
        return fail(ErrorCode::Invalid, "\"file\" holds a NUL character, which no path does.");
    return std::filesystem::path(file);
}

Result<SampleId> sampleIn(const json &request)
{
    if (!request.contains("sample") || !request["sample"].is_number_integer())
        return fail(ErrorCode::Invalid, "A request names a \"sample\" by its id.");
    return SampleId{request["sample"].get<std::int64_t>()};
}

} // namespace mien
