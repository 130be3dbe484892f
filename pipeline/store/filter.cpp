#include "pipeline/store/filter.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/filter_syntax.h"
#include "pipeline/store/given_fields.h"
#include "pipeline/store/project.h"
#include "pipeline/store/sample.h"
#include "pipeline/store/sample_joins.h"
#include "pipeline/store/strips.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace mien {
namespace {

using Kind = FilterTerm::Kind;
using Compare = FilterTerm::Compare;

// Aliases in the SQL: c current_labels, s samples, k scores, v votes, d duplicates, p predictions of nothing else.
struct NumberField
{
    std::string_view name, column, table; ///< table: alias that must be joined, empty for c.
};

constexpr std::array numberFields{
    NumberField{"id", "c.sample_id", ""},
    NumberField{"suspicion", "c.suspicion", ""},
    NumberField{"reviews", "c.reviews", ""},
    NumberField{"eac_noise", "k.eac_noise", "k"},
    NumberField{"eac_inconsistency", "k.eac_inconsistency", "k"},
    NumberField{"eac_spread", "k.eac_spread", "k"},
    NumberField{"arbex_noise", "k.arbex_noise", "k"},
    NumberField{"arbex_confidence", "k.arbex_confidence", "k"},
    NumberField{"self_confidence", "k.self_confidence", "k"},
    NumberField{"margin", "k.margin", "k"},
    NumberField{"cl_noise", "k.cl_noise", "k"},
    NumberField{"valence", "s.valence", "s"},
    NumberField{"arousal", "s.arousal", "s"},
    NumberField{"width", "s.width", "s"},
    NumberField{"height", "s.height", "s"},
    NumberField{"fold", "s.fold", "s"},
    NumberField{"track", "(SELECT f.track FROM faces f WHERE f.sample_id = c.sample_id)", ""},
    NumberField{"votes.entropy", "v.entropy", "v"},
    NumberField{"votes.total", "v.total", "v"},
};

struct ClassField
{
    std::string_view name, column, table;
};

constexpr std::array classFields{
    ClassField{"label", "c.class_id", ""},
    ClassField{"given", "c.given_class", ""},
    ClassField{"predicted", "c.predicted", ""},
    ClassField{"suggested", "k.suggested", "k"},
};

struct YesNoField
{
    std::string_view name, condition, table;
};

constexpr std::array yesNoFields{
    YesNoField{"reviewed", "c.reviews > 0", ""},
    YesNoField{"excluded", "c.excluded > 0", ""},
    YesNoField{"duplicate", "c.sample_id IN (SELECT sample_id FROM duplicates)", ""},
    YesNoField{"scored", "k.sample_id IS NOT NULL", "k"},
    YesNoField{"stale",
               "(k.sample_id IS NOT NULL AND (k.scored_class IS NOT c.class_id OR k.crop_id IS NOT s.crop_id))", "ks"},
    YesNoField{"in_sample", "k.in_sample > 0", "k"},
};

struct HasValue
{
    std::string_view name, condition, table;
};

constexpr std::array hasValues{
    HasValue{"label", "c.class_id IS NOT NULL", ""},
    HasValue{"given", "c.given_class IS NOT NULL", ""},
    HasValue{"predicted", "c.predicted IS NOT NULL", ""},
    HasValue{"score", "c.suspicion IS NOT NULL", ""},
    HasValue{"flag", "c.flag > 0", ""},
    HasValue{"votes", "c.sample_id IN (SELECT sample_id FROM votes)", ""},
    HasValue{"tag", "c.sample_id IN (SELECT sample_id FROM current_tags)", ""},
    HasValue{"subject", "s.subject_id IS NOT NULL", "s"},
    HasValue{"sequence", "s.sequence_id IS NOT NULL", "s"},
    HasValue{"crop", "s.crop_id IS NOT NULL", "s"},
    HasValue{"box", "s.box_x IS NOT NULL", "s"},
    HasValue{"time", "s.time_us IS NOT NULL", "s"},
    HasValue{"valence", "s.valence IS NOT NULL", "s"},
    HasValue{"arousal", "s.arousal IS NOT NULL", "s"},
    HasValue{"note",
             "EXISTS (SELECT 1 FROM annotations n JOIN edits e ON e.id = n.edit_id WHERE n.sample_id = c.sample_id"
             " AND n.note <> '' AND e.withdrawn_at_ms IS NULL)",
             ""},
    HasValue{"annotation",
             "EXISTS (SELECT 1 FROM annotations n JOIN edits e ON e.id = n.edit_id WHERE n.sample_id = c.sample_id"
             " AND e.withdrawn_at_ms IS NULL)",
             ""},
};

constexpr std::array otherFields{"source",        "state",     "split", "subject",        "sequence",     "dataset",
                                 "flag",          "tag",       "run",   "quality",        "quality.*",    "attention.*",
                                 "votes.<class>", "annotator", "has",   "drowsiness",     "drowsiness.*", "space",
                                 "origin",        "native",    "note",  "near_duplicate", "judged.*",     "layer.*"};

/// Which groups of near-duplicates a value means: a condition on what is left of one.
struct GroupsMeant
{
    std::string_view name, condition;
};

constexpr std::array nearDuplicateGroupsMeant{
    GroupsMeant{"yes", "count(*) > 1"},
    GroupsMeant{"conflict", "min(x.class_id) < max(x.class_id)"},
    GroupsMeant{"across_splits", "min(nullif(x.split, 0)) < max(x.split)"},
};

std::string listed(const std::vector<std::string> &names)
{
    std::string text;
    for (const std::string &name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

std::string_view symbolOf(Compare compare)
{
    switch (compare) {
    case Compare::Less: return "<";
    case Compare::LessOrEqual: return "<=";
    case Compare::Greater: return ">";
    case Compare::GreaterOrEqual: return ">=";
    default: return "=";
    }
}

std::optional<double> numberIn(std::string_view text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

class Compiler
{
public:
    explicit Compiler(const Project &project)
        : m_project(project)
    {
    }

    Result<CompiledFilter> compile(const FilterTerm &term)
    {
        auto where = sql(term);
        if (!where)
            return fail(where.error());
        m_filter.where = std::move(*where);
        return std::move(m_filter);
    }

private:
    Result<std::string> sql(const FilterTerm &term)
    {
        switch (term.kind) {
        case Kind::And: return joined(term, " AND ", "1");
        case Kind::Or: return joined(term, " OR ", "0");
        case Kind::Not: {
            auto part = sql(term.parts.front());
            if (!part)
                return part;
            return "((" + *part + ") IS NOT TRUE)"; // what is unknown does not match, so its negation does
        }
        case Kind::Word: need("s"); return "instr(s.source, " + bound(term.value) + ") > 0";
        case Kind::Comparison: return comparison(term);
        }
        return fail(ErrorCode::Internal, "unknown kind of filter term");
    }

    Result<std::string> joined(const FilterTerm &term, std::string_view with, std::string_view empty)
    {
        if (term.parts.empty())
            return std::string(empty);
        std::string text = "(";
        for (const FilterTerm &part : term.parts) {
            auto one = sql(part);
            if (!one)
                return one;
            text.append(text.size() > 1 ? with : "").append(*one);
        }
        return text + ")";
    }

    Result<std::string> comparison(const FilterTerm &term)
    {
        if (term.compare == Compare::NotEqual) {
            FilterTerm equal = term;
            equal.compare = Compare::Equal;
            auto part = comparison(equal);
            if (!part)
                return part;
            return "((" + *part + ") IS NOT TRUE)";
        }
        for (const NumberField &field : numberFields) {
            if (field.name == term.field)
                return number(term, field.column, field.table);
        }
        if (term.field.starts_with("quality.") || term.field.starts_with("attention.") ||
            term.field.starts_with("drowsiness."))
            return measure(term);
        if (term.field.starts_with(judgedPrefix))
            return judged(term);
        if (term.field.starts_with("votes."))
            return votes(term);
        if (const auto text = comparedText(term))
            return *text;
        return fail(ErrorCode::Invalid, "position " + std::to_string(term.position) + ": there is no field '" +
                                            term.field + "'; possible: " + listed(filterFields()) + ".");
    }

    /// Fields that are compared for equality only; empty when there is no such field.
    std::optional<Result<std::string>> comparedText(const FilterTerm &term)
    {
        const auto known = [&]() -> std::optional<Result<std::string>> {
            for (const ClassField &field : classFields) {
                if (field.name == term.field)
                    return ofClass(term, field);
            }
            if (term.field.starts_with(layerPrefix))
                return layer(term);
            for (const YesNoField &field : yesNoFields) {
                if (field.name == term.field)
                    return yesNo(term, field);
            }
            if (term.field == "source") {
                need("s");
                return "instr(s.source, " + bound(term.value) + ") > 0";
            }
            if (term.field == "near_duplicate")
                return nearDuplicate(term);
            if (term.field == "drowsiness") {
                if (std::string condition = drowsinessCondition(term.value); !condition.empty())
                    return condition;
                return unknownValue(term, "doubt", {"eyes_open", "eyes_closed", "doubt"});
            }
            if (term.field == "space")
                return space(term);
            if (term.field == "state")
                return state(term);
            if (term.field == "split")
                return split(term);
            if (term.field == "flag")
                return flag(term);
            if (term.field == "has")
                return has(term);
            if (term.field == "subject") {
                return "c.sample_id IN (SELECT id FROM samples WHERE subject_id IN (SELECT id FROM subjects"
                       " WHERE name = " +
                       bound(term.value) + "))";
            }
            if (term.field == "sequence") {
                return "c.sample_id IN (SELECT id FROM samples WHERE sequence_id IN (SELECT id FROM sequences"
                       " WHERE name = " +
                       bound(term.value) + "))";
            }
            if (term.field == "dataset")
                return dataset(term);
            if (term.field == "tag")
                return "c.sample_id IN (SELECT t.sample_id FROM current_tags t JOIN tags g ON g.id = t.tag_id"
                       " WHERE g.name = " +
                       bound(term.value) + ")";
            if (term.field == "annotator")
                return "c.sample_id IN (SELECT n.sample_id FROM annotations n JOIN edits e ON e.id = n.edit_id"
                       " JOIN annotators a ON a.id = n.annotator_id WHERE a.name = " +
                       bound(term.value) + " AND e.withdrawn_at_ms IS NULL)";
            if (term.field == "note")
                return "c.sample_id IN (SELECT n.sample_id FROM annotations n JOIN edits e ON e.id = n.edit_id"
                       " WHERE instr(n.note, " +
                       bound(term.value) + ") > 0 AND e.withdrawn_at_ms IS NULL)";
            if (term.field == "run")
                return run(term);
            if (term.field == "quality" && term.value == "duplicate")
                return "c.sample_id IN (SELECT sample_id FROM duplicates)";
            if (term.field == "quality" && term.value == "label_conflict")
                return "c.sample_id IN (SELECT sample_id FROM duplicates WHERE group_id IN (SELECT g.group_id"
                       " FROM duplicates g JOIN samples t ON t.id = g.sample_id WHERE t.given_class IS NOT NULL"
                       " GROUP BY g.group_id HAVING count(DISTINCT t.given_class) > 1))";
            if (term.field == "quality") {
                need("s");
                return "instr(',' || s.quality_flags || ',', ',' || " + bound(term.value) + " || ',') > 0";
            }
            if (term.field == "origin") {
                need("s");
                return "s.origin = " + bound(term.value);
            }
            if (term.field == "native") {
                need("s");
                return "s.native_label = " + bound(term.value);
            }
            return std::nullopt;
        };
        if (term.compare == Compare::Equal)
            return known();
        // Look the field up first: an unknown field is the better message.
        Compiler probe(m_project);
        FilterTerm equal = term;
        equal.compare = Compare::Equal;
        if (const auto asEqual = probe.comparedText(equal); !asEqual)
            return std::nullopt;
        return fail(ErrorCode::Invalid, "position " + std::to_string(term.position) + ": '" + term.field +
                                            "' is not a number; possible: " + term.field + ":…, " + term.field +
                                            "!=….");
    }

    Result<std::string> number(const FilterTerm &term, std::string_view column, std::string_view table)
    {
        const auto value = numberIn(term.value);
        if (!value)
            return fail(ErrorCode::Invalid, "position " + std::to_string(term.valuePosition) + ": '" + term.value +
                                                "' is not a number; possible: e.g. " + term.field + ">0.5.");
        need(table);
        return std::string(column) + " " + std::string(symbolOf(term.compare)) + " " + bound(*value);
    }

    Result<std::string> measure(const FilterTerm &term)
    {
        std::vector<std::string> known{"quality.blur", "attention.eyes", "drowsiness.eye_opening",
                                       "drowsiness.perclos"}; // fields before anything is measured, too
        SQLite::Statement select(m_project.database(), "SELECT name FROM measure_names ORDER BY name");
        while (select.executeStep()) {
            std::string name = select.getColumn(0).getString();
            if (std::find(known.begin(), known.end(), name) == known.end())
                known.push_back(std::move(name));
        }
        if (std::find(known.begin(), known.end(), term.field) == known.end())
            return fail(ErrorCode::Invalid, "position " + std::to_string(term.position) + ": nothing is measured as '" +
                                                term.field + "'; possible: " + listed(known) + ".");
        // Bound in the order of the placeholders: the name before the value.
        const std::string name = bound(term.field);
        auto condition = number(term, "m.value", "");
        if (!condition)
            return condition;
        return "EXISTS (SELECT 1 FROM measures m JOIN measure_names q ON q.id = m.name_id WHERE q.name = " + name +
               " AND m.sample_id = c.sample_id AND " + *condition + ")";
    }

    /// By code, or by the word that stands for it.
    Result<std::string> judged(const FilterTerm &term)
    {
        FilterTerm coded = term;
        if (const JudgedAttribute *const attribute = judgedAttributeNamed(term.field);
            attribute && !numberIn(term.value)) {
            const auto code = attribute->codeOf(term.value);
            if (!code)
                return unknownValue(term, "value", {attribute->words.begin(), attribute->words.end()});
            coded.value = std::to_string(*code);
        }
        return measure(coded);
    }

    /// The class that a list of labels gives, as SQL; empty where the project has no such list.
    std::string layerColumn(const std::string &field) const
    {
        if (!field.starts_with(layerPrefix))
            return {};
        SQLite::Statement select(m_project.database(), "SELECT id FROM measure_names WHERE name = ?");
        select.bind(1, field);
        if (!select.executeStep())
            return {};
        return "(SELECT CAST(y.value AS INTEGER) FROM measures y WHERE y.name_id = " +
               std::to_string(select.getColumn(0).getInt64()) + " AND y.sample_id = c.sample_id)";
    }

    Result<std::string> layer(const FilterTerm &term)
    {
        const std::string column = layerColumn(term.field);
        if (!column.empty())
            return ofClass(term, {term.field, column, ""});
        std::vector<std::string> known;
        SQLite::Statement select(m_project.database(),
                                 "SELECT name FROM measure_names WHERE name LIKE 'layer.%' ORDER BY name");
        while (select.executeStep())
            known.push_back(select.getColumn(0).getString());
        return fail(ErrorCode::Invalid,
                    "position " + std::to_string(term.position) + ": there is no list of labels '" + term.field +
                        "'; possible: " + (known.empty() ? "none in this project" : listed(known)) + ".");
    }

    Result<std::string> votes(const FilterTerm &term)
    {
        const std::string asked = term.field.substr(term.field.find('.') + 1);
        std::vector<std::string> options;
        std::string found;
        SQLite::Statement select(m_project.database(), "SELECT name FROM vote_options ORDER BY name");
        const auto canonical = canonicalClassNamed(asked);
        while (select.executeStep()) {
            const std::string option = select.getColumn(0).getString();
            options.push_back("votes." + option);
            if (option == asked || (found.empty() && canonical && canonicalClassNamed(option) == canonical))
                found = option;
        }
        if (found.empty()) {
            if (!canonical) {
                options.insert(options.begin(), {"votes.entropy", "votes.total"});
                return fail(ErrorCode::Invalid, "position " + std::to_string(term.position) + ": there is no field '" +
                                                    term.field + "'; possible: " + listed(options) + ".");
            }
            found = asked; // a class that nobody voted for
        }
        need("v");
        std::string path = "$.\"";
        for (const char c : found)
            path += c == '"' ? std::string("\\\"") : std::string(1, c);
        path += '"';
        const std::string count = "coalesce(json_extract(v.counts, " + bound(path) + "), 0)";
        auto condition = number(term, count, "v");
        if (!condition)
            return condition;
        return "(v.sample_id IS NOT NULL AND " + *condition + ")";
    }

    Result<std::string> ofClass(const FilterTerm &term, const ClassField &field)
    {
        need(field.table);
        const std::string column(field.column);
        for (const ClassField &other : classFields) {
            if (other.name == term.value && other.name != field.name) {
                need(other.table);
                return column + " IS " + std::string(other.column);
            }
        }
        if (const std::string other = layerColumn(term.value); !other.empty())
            return column + " IS " + other;
        if (const auto id = m_project.classNamed(term.value))
            return column + " = " + bound(id->value);
        const bool hasState = field.name == "label" || field.name == "given";
        if (hasState) {
            if (const auto named = stateNamed(term.value); named && *named != LabelState::Ok)
                return stateIs(stateColumn(field.name == "given"), *named);
        }
        if (term.value == "none")
            return column + " IS NULL";
        std::vector<std::string> possible;
        for (const ExpressionClass &entry : m_project.classes())
            possible.push_back(entry.name);
        if (hasState)
            possible.insert(possible.end(),
                            {"unsure", "not_a_face", "unlabeled", "none_of_these", "excluded", "conflict", "unmapped"});
        possible.push_back("none");
        for (const ClassField &other : classFields) {
            if (other.name != field.name)
                possible.emplace_back(other.name);
        }
        return unknownValue(term, "class", possible);
    }

    /// Of the label: "expression" or "expression/1".
    Result<std::string> space(const FilterTerm &term)
    {
        std::vector<std::string> possible;
        std::string whole;
        for (const ExpressionClass &known : m_project.classes()) {
            const std::string name = known.space.substr(0, known.space.find('/'));
            if (term.value == known.space || term.value == name)
                whole = known.space;
            if (std::find(possible.begin(), possible.end(), name) == possible.end())
                possible.push_back(name);
        }
        if (whole.empty())
            return unknownValue(term, "label space", possible);
        return "c.class_id IN (SELECT id FROM classes WHERE space = " + bound(whole) + ")";
    }

    static std::optional<LabelState> stateNamed(const std::string &name)
    {
        return name == "unsure" ? LabelState::Uncertain : labelStateNamed(name);
    }

    /// The literal part lets the planner use the index over what is not ok.
    std::string stateIs(const std::string &column, LabelState state)
    {
        return (state == LabelState::Ok ? "" : column + " <> 0 AND ") + column + " = " +
               bound(static_cast<std::int64_t>(state));
    }

    std::string stateColumn(bool given)
    {
        if (!given)
            return "c.state";
        need("s");
        return "s.given_state";
    }

    Result<std::string> state(const FilterTerm &term)
    {
        if (const auto named = stateNamed(term.value))
            return stateIs("c.state", *named);
        return unknownValue(term, "state",
                            {"ok", "unlabeled", "uncertain", "unsure", "none_of_these", "not_a_face", "excluded",
                             "conflict", "unmapped"});
    }

    Result<std::string> split(const FilterTerm &term)
    {
        const auto named = term.value == "none" ? std::optional(Split::None) : splitNamed(term.value);
        if (!named)
            return unknownValue(term, "split", {"train", "val", "test", "none"});
        return "c.split = " + bound(static_cast<std::int64_t>(*named));
    }

    Result<std::string> flag(const FilterTerm &term)
    {
        if (term.value == "any")
            return std::string("c.flag > 0");
        if (term.value == "none")
            return std::string("c.flag = 0");
        for (const FlagState one : {FlagState::Open, FlagState::Accepted, FlagState::Rejected}) {
            if (nameOf(one) == term.value)
                return "c.flag > 0 AND c.flag = " + bound(static_cast<std::int64_t>(one));
        }
        return unknownValue(term, "flag state", {"open", "accepted", "rejected", "none", "any"});
    }

    Result<std::string> nearDuplicate(const FilterTerm &term)
    {
        for (const GroupsMeant &meant : nearDuplicateGroupsMeant) {
            if (term.value != meant.name && !(term.value == "no" && meant.name == "yes"))
                continue;
            // Excluded samples count as members, but say nothing about labels and splits.
            const std::string members =
                "c.sample_id IN (SELECT sample_id FROM near_duplicates WHERE group_id IN (SELECT n.group_id"
                " FROM near_duplicates n JOIN current_labels x ON x.sample_id = n.sample_id" +
                std::string(meant.name == "yes" ? "" : " WHERE x.excluded = 0") + " GROUP BY n.group_id HAVING " +
                std::string(meant.condition) + "))";
            return term.value == "no" ? "(" + members + " IS NOT TRUE)" : members;
        }
        return unknownValue(term, "kind of near-duplicate", {"yes", "no", "conflict", "across_splits"});
    }

    Result<std::string> has(const FilterTerm &term)
    {
        std::vector<std::string> possible;
        for (const HasValue &value : hasValues) {
            if (value.name == term.value) {
                need(value.table);
                return std::string(value.condition);
            }
            possible.emplace_back(value.name);
        }
        return unknownValue(term, "property", possible);
    }

    Result<std::string> dataset(const FilterTerm &term)
    {
        need("s");
        const std::string first = bound(term.value);
        return "s.source_id IN (SELECT id FROM sources WHERE dataset = " + first +
               " OR importer = " + bound(term.value) + ")";
    }

    Result<std::string> run(const FilterTerm &term)
    {
        std::vector<std::string> possible;
        SQLite::Statement select(m_project.database(),
                                 "SELECT id FROM runs WHERE removed_at_ms IS NULL ORDER BY number");
        while (select.executeStep()) {
            possible.push_back(select.getColumn(0).getString());
            if (possible.back() == term.value)
                return "EXISTS (SELECT 1 FROM predictions r WHERE r.sample_id = c.sample_id"
                       " AND r.run = (SELECT number FROM runs WHERE id = " +
                       bound(term.value) + "))";
        }
        return unknownValue(term, "run", possible);
    }

    Result<std::string> yesNo(const FilterTerm &term, const YesNoField &field)
    {
        const bool yes = term.value == "yes" || term.value == "true" || term.value == "1";
        const bool no = term.value == "no" || term.value == "false" || term.value == "0";
        if (!yes && !no)
            return unknownValue(term, "answer", {"yes", "no"});
        need(field.table);
        const std::string condition(field.condition);
        return yes ? condition : "((" + condition + ") IS NOT TRUE)";
    }

    tl::unexpected<Error> unknownValue(const FilterTerm &term, const std::string &what,
                                       const std::vector<std::string> &possible) const
    {
        return fail(ErrorCode::Invalid, "position " + std::to_string(term.valuePosition) + ": there is no " + what +
                                            " '" + term.value +
                                            "'; possible: " + (possible.empty() ? "none yet" : listed(possible)) + ".");
    }

    template <typename T>
    std::string bound(const T &value)
    {
        m_filter.values.emplace_back(value);
        return "?";
    }

    void need(std::string_view tables)
    {
        for (const char table : tables) {
            const std::string join(table == 's' ? joinSamples : table == 'k' ? joinScores : joinVotes);
            if (std::find(m_filter.joins.begin(), m_filter.joins.end(), join) == m_filter.joins.end())
                m_filter.joins.push_back(join);
        }
    }

    const Project &m_project;
    CompiledFilter m_filter;
};

} // namespace

Result<CompiledFilter> compileFilter(std::string_view text, const Project &project)
{
    const auto term = parseFilter(text);
    if (!term)
        return fail(term.error());
    return guarded(project.folder() / "project.db", "Filtering",
                   [&]() -> Result<CompiledFilter> { return Compiler(project).compile(*term); });
}

std::vector<std::string> filterFields()
{
    std::vector<std::string> fields;
    for (const ClassField &field : classFields)
        fields.emplace_back(field.name);
    for (const char *field : otherFields)
        fields.emplace_back(field);
    for (const YesNoField &field : yesNoFields)
        fields.emplace_back(field.name);
    for (const NumberField &field : numberFields)
        fields.emplace_back(field.name);
    std::sort(fields.begin(), fields.end());
    return fields;
}

} // namespace mien
