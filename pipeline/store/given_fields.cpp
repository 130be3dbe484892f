#include "pipeline/store/given_fields.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/project.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>

namespace mien {

namespace {

constexpr std::array<std::string_view, 3> genders = {"male", "female", "unsure"};
constexpr std::array<std::string_view, 3> races = {"caucasian", "african-american", "asian"};
constexpr std::array<std::string_view, 5> ages = {"0-3", "4-19", "20-39", "40-69", "70+"};

constexpr std::array<JudgedAttribute, 3> attributes = {
    {{"judged.gender", genders}, {"judged.race", races}, {"judged.age", ages}}};

} // namespace

bool isGivenField(std::string_view measure)
{
    return measure.starts_with(judgedPrefix) || measure.starts_with(layerPrefix);
}

std::optional<int> JudgedAttribute::codeOf(std::string_view word) const
{
    const auto found = std::find(words.begin(), words.end(), word);
    return found == words.end() ? std::nullopt : std::optional(int(found - words.begin()));
}

std::span<const JudgedAttribute> judgedAttributes()
{
    return attributes;
}

const JudgedAttribute *judgedAttributeNamed(std::string_view field)
{
    const auto found = std::find_if(attributes.begin(), attributes.end(),
                                    [field](const JudgedAttribute &one) { return one.field == field; });
    return found == attributes.end() ? nullptr : &*found;
}

std::string layerField(std::string_view list)
{
    return std::string(layerPrefix).append(list);
}

Result<std::vector<GivenField>> givenFieldsOf(const Project &project, SampleId sample)
{
    return guarded(project.folder() / "project.db", "Reading what a data set says of a sample",
                   [&]() -> Result<std::vector<GivenField>> {
                       SQLite::Statement select(project.database(),
                                                "SELECT q.name, m.value FROM measures m JOIN measure_names q"
                                                " ON q.id = m.name_id WHERE m.sample_id = ?"
                                                " AND (q.name LIKE 'judged.%' OR q.name LIKE 'layer.%')"
                                                " ORDER BY q.name");
                       select.bind(1, sample.value);
                       std::vector<GivenField> fields;
                       while (select.executeStep()) {
                           GivenField given{select.getColumn(0).getString(), {}};
                           const auto code = select.getColumn(1).getInt64();
                           const JudgedAttribute *const judged = judgedAttributeNamed(given.field);
                           if (judged && code >= 0 && std::size_t(code) < judged->words.size())
                               given.value = judged->words[std::size_t(code)];
                           else if (!judged)
                               given.value = project.className(ClassId{code});
                           if (!given.value.empty())
                               fields.push_back(std::move(given));
                       }
                       return fields;
                   });
}

} // namespace mien
