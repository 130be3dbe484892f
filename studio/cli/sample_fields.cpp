#include "studio/cli/sample_fields.h"

#include "studio/cli/json_lines.h"
#include "studio/cli/printable_text.h"

#include <algorithm>
#include <charconv>

namespace mien {

using nlohmann::json;

namespace {

json className(const std::optional<ClassId> &id, const Project &project)
{
    return id && *id ? json(project.className(*id)) : json();
}

json textOrNull(std::string_view text)
{
    return text.empty() ? json() : json(printable(text));
}

/// A score as its column: null before the first flagging.
SampleField score(std::string name, double SampleRow::*member)
{
    return {std::move(name), [member](const SampleRow &row, const Project &) { return row.scored ? json(row.*member) : json(); }};
}

json joined(const std::vector<std::string> &words)
{
    std::string text;
    for (const std::string &word : words)
        text += (text.empty() ? "" : " ") + word;
    return textOrNull(text);
}

} // namespace

const std::vector<SampleField> &sampleFields()
{
    static const std::vector<SampleField> fields = {
        {"id", [](const SampleRow &row, const Project &) { return json(row.id.value); }},
        {"source", [](const SampleRow &row, const Project &) { return json(printable(row.source)); }},
        {"given", [](const SampleRow &row, const Project &project) { return className(row.given, project); }},
        {"label",
         [](const SampleRow &row, const Project &project) {
             return row.state == LabelState::Ok ? className(row.label, project) : json();
         }},
        {"state", [](const SampleRow &row, const Project &) { return json(nameOf(row.state)); }},
        {"split", [](const SampleRow &row, const Project &) { return textOrNull(nameOf(row.split)); }},
        {"subject", [](const SampleRow &row, const Project &) { return textOrNull(row.subject); }},
        {"sequence", [](const SampleRow &row, const Project &) { return textOrNull(row.sequence); }},
        {"predicted", [](const SampleRow &row, const Project &project) { return className(row.predicted, project); }},
        {"suggested", [](const SampleRow &row, const Project &project) { return className(row.suggested, project); }},
        score("suspicion", &SampleRow::suspicion),
        score("eac_noise", &SampleRow::eacNoise),
        score("eac_inconsistency", &SampleRow::eacInconsistency),
        score("arbex_noise", &SampleRow::arbexNoise),
        score("arbex_confidence", &SampleRow::arbexConfidence),
        score("self_confidence", &SampleRow::selfConfidence),
        score("margin", &SampleRow::margin),
        score("cl_noise", &SampleRow::clNoise),
        {"flag", [](const SampleRow &row, const Project &) { return textOrNull(nameOf(row.flag)); }},
        {"stale", [](const SampleRow &row, const Project &) { return row.scored ? json(row.stale) : json(); }},
        {"votes", [](const SampleRow &row, const Project &) { return row.votes.empty() ? json() : json(row.votes); }},
        {"reviewed", [](const SampleRow &row, const Project &) { return json(row.reviews > 0); }},
        {"reviews", [](const SampleRow &row, const Project &) { return json(row.reviews); }},
        {"valence", [](const SampleRow &row, const Project &) { return row.valence ? json(*row.valence) : json(); }},
        {"arousal", [](const SampleRow &row, const Project &) { return row.arousal ? json(*row.arousal) : json(); }},
        {"width", [](const SampleRow &row, const Project &) { return json(row.widthPx); }},
        {"height", [](const SampleRow &row, const Project &) { return json(row.heightPx); }},
        {"duplicate",
         [](const SampleRow &row, const Project &) { return row.duplicateGroup ? json(row.duplicateGroup) : json(); }},
        {"excluded", [](const SampleRow &row, const Project &) { return json(row.excluded); }},
        {"tags", [](const SampleRow &row, const Project &) { return joined(row.tags); }},
        {"quality.flags", [](const SampleRow &row, const Project &) { return joined(row.qualityFlags); }},
    };
    return fields;
}

Result<std::vector<const SampleField *>> sampleFieldsNamed(std::string_view names)
{
    std::vector<const SampleField *> chosen;
    while (true) {
        const std::size_t comma = names.find(',');
        const std::string_view name = names.substr(0, comma);
        const auto &all = sampleFields();
        const auto found = std::find_if(all.begin(), all.end(), [&](const SampleField &field) { return field.name == name; });
        if (found == all.end()) {
            std::string known;
            for (const SampleField &field : all)
                known += (known.empty() ? "" : ", ") + field.name;
            return fail(ErrorCode::Invalid, "there is no field '" + std::string(name) + "'; possible: " + known + ".");
        }
        chosen.push_back(&*found);
        if (comma == std::string_view::npos)
            return chosen;
        names.remove_prefix(comma + 1);
    }
}

std::string csvValue(const json &value)
{
    switch (value.type()) {
    case json::value_t::null:
        return {};
    case json::value_t::boolean:
        return value.get<bool>() ? "yes" : "no";
    case json::value_t::string:
        return csvField(value.get_ref<const std::string &>());
    case json::value_t::number_float: {
        char text[32];
        const auto [end, error] = std::to_chars(text, text + sizeof text, value.get<double>());
        return error == std::errc() ? std::string(text, end) : std::string();
    }
    default:
        return csvField(jsonText(value));
    }
}

} // namespace mien
