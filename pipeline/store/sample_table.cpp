#include "pipeline/store/sample_table.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/filter.h"
#include "pipeline/store/given_fields.h"
#include "pipeline/store/project.h"
#include "pipeline/store/sample_joins.h"

#include <SQLiteCpp/Database.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>

namespace mien {
namespace {

/// How a stored value is shown.
enum class Form { Plain, Class, State, Split, Flag };

struct Column
{
    std::string_view name, expression;
    std::string_view joins; ///< Letters of the tables it needs, see joinOf().
    Form form = Form::Plain;
};

constexpr std::array knownColumns{
    Column{"id", "c.sample_id", ""},
    Column{"source", "s.source", "s"},
    Column{"given", "c.given_class", "", Form::Class},
    Column{"label", "c.class_id", "", Form::Class},
    Column{"state", "c.state", "", Form::State},
    Column{"split", "c.split", "", Form::Split},
    Column{"subject", "j.name", "sj"},
    Column{"sequence", "q.name", "sq"},
    Column{"data_set", "(SELECT o.dataset FROM sources o WHERE o.id = s.source_id)", "s"},
    Column{"predicted", "c.predicted", "", Form::Class},
    Column{"suggested", "k.suggested", "k", Form::Class},
    Column{"suspicion", "c.suspicion", ""},
    Column{"eac_noise", "k.eac_noise", "k"},
    Column{"eac_inconsistency", "k.eac_inconsistency", "k"},
    Column{"eac_spread", "k.eac_spread", "k"},
    Column{"arbex_noise", "k.arbex_noise", "k"},
    Column{"arbex_confidence", "k.arbex_confidence", "k"},
    Column{"arbex_label", "k.arbex_class", "k", Form::Class},
    Column{"self_confidence", "k.self_confidence", "k"},
    Column{"margin", "k.margin", "k"},
    Column{"cl_noise", "k.cl_noise", "k"},
    Column{"flag", "c.flag", "", Form::Flag},
    Column{"stale",
           "CASE WHEN k.sample_id IS NOT NULL THEN k.scored_class IS NOT c.class_id OR k.crop_id IS NOT s.crop_id END",
           "sk"},
    Column{"in_sample", "k.in_sample", "k"},
    Column{"votes", "v.counts", "v"},
    Column{"votes.entropy", "v.entropy", "v"},
    Column{"votes.total", "v.total", "v"},
    Column{"reviewed", "c.reviews > 0", ""},
    Column{"reviews", "c.reviews", ""},
    Column{"valence", "s.valence", "s"},
    Column{"arousal", "s.arousal", "s"},
    Column{"width", "s.width", "s"},
    Column{"height", "s.height", "s"},
    Column{"fold", "s.fold", "s"},
    Column{"origin", "s.origin", "s"},
    Column{"duplicate", "d.group_id", "d"},
    Column{"near_duplicate", "n.group_id", "n"},
    Column{"track", "(SELECT f.track FROM faces f WHERE f.sample_id = c.sample_id)", ""},
    Column{"excluded", "c.excluded", ""},
    Column{"tags",
           "(SELECT group_concat(g.name, ' ') FROM current_tags t JOIN tags g ON g.id = t.tag_id WHERE t.sample_id = "
           "c.sample_id)",
           ""},
    Column{"quality.flags", "NULLIF(replace(s.quality_flags, ',', ' '), '')", "s"},
};

/// A measure as SQL, its name bound; what a data set says by its class or by the word for its code.
std::string measured(std::string_view name)
{
    std::string value = "m.value";
    if (name.starts_with(layerPrefix))
        value = "CAST(m.value AS INTEGER)";
    if (const JudgedAttribute *const judged = judgedAttributeNamed(name)) {
        value = "CASE CAST(m.value AS INTEGER)";
        for (std::size_t code = 0; code < judged->words.size(); ++code)
            value.append(" WHEN ").append(std::to_string(code)).append(" THEN '").append(judged->words[code]) += '\'';
        value += " END";
    }
    return "(SELECT " + value +
           " FROM measures m JOIN measure_names n ON n.id = m.name_id WHERE n.name = ? AND m.sample_id = c.sample_id)";
}

std::string_view joinOf(char table)
{
    switch (table) {
    case 's': return joinSamples;
    case 'j': return joinSubjects;
    case 'q': return joinSequences;
    case 'k': return joinScores;
    case 'v': return joinVotes;
    case 'n': return joinNearDuplicates;
    default: return joinDuplicates;
    }
}

/// The columns of one table as SQL: what is selected, from where, and what is bound in it.
struct Selection
{
    std::string columns;
    std::vector<std::string> joins;
    std::vector<std::string> measures;
    std::vector<Form> forms;
};

Result<Selection> selectionOf(std::span<const std::string> names, std::vector<std::string> joins)
{
    Selection selection{.joins = std::move(joins)};
    for (const std::string &name : names) {
        const auto known = std::find_if(knownColumns.begin(), knownColumns.end(),
                                        [&](const Column &column) { return column.name == name; });
        selection.columns += selection.columns.empty() ? "" : ", ";
        if (known == knownColumns.end()) {
            if (!isMeasure(name)) {
                std::string possible;
                for (const std::string &column : sampleColumns())
                    possible += (possible.empty() ? "" : ", ") + column;
                return fail(ErrorCode::Invalid, "There is no field '" + name + "'; possible: " + possible + ".");
            }
            selection.columns += measured(name);
            selection.measures.push_back(name);
            selection.forms.push_back(name.starts_with(layerPrefix) ? Form::Class : Form::Plain);
            continue;
        }
        selection.columns += known->expression;
        selection.forms.push_back(known->form);
        for (const char table : known->joins)
            if (const std::string join(joinOf(table));
                std::find(selection.joins.begin(), selection.joins.end(), join) == selection.joins.end())
                selection.joins.push_back(join);
    }
    return selection;
}

/// A statement of SQLite's own interface: SQLiteCpp counts references for every column of every row, which is most of
/// the time a long list takes.
class Reader
{
public:
    Reader(const Project &project, const Selection &selection, const std::string &condition)
        : m_project(project)
        , m_selection(selection)
    {
        std::string sql = "SELECT " + selection.columns + " FROM current_labels c";
        for (const std::string &join : selection.joins)
            sql += " " + join;
        sql += " WHERE " + condition;
        sqlite3_stmt *statement = nullptr;
        sqlite3 *const handle = project.database().getHandle();
        if (sqlite3_prepare_v2(handle, sql.c_str(), int(sql.size()), &statement, nullptr) != SQLITE_OK)
            throw SQLite::Exception(handle);
        m_statement.reset(statement);
        for (const std::string &measure : selection.measures)
            bind(measure);
        m_bound = m_next;
        m_cells.resize(selection.forms.size());
        for (const ExpressionClass &known : project.classes())
            m_classes.emplace(known.id.value, known.name);
    }

    void bind(const std::string &value)
    {
        sqlite3_bind_text(m_statement.get(), m_next++, value.data(), int(value.size()), SQLITE_TRANSIENT);
    }
    void bind(std::int64_t value) { sqlite3_bind_int64(m_statement.get(), m_next++, value); }
    void bind(double value) { sqlite3_bind_double(m_statement.get(), m_next++, value); }

    /// Ready for other values behind those of the columns.
    void reset()
    {
        sqlite3_reset(m_statement.get());
        m_next = m_bound;
    }

    bool step()
    {
        const int result = sqlite3_step(m_statement.get());
        if (result != SQLITE_ROW && result != SQLITE_DONE)
            throw SQLite::Exception(m_project.database().getHandle(), result);
        return result == SQLITE_ROW;
    }

    std::span<const Cell> cells()
    {
        for (std::size_t i = 0; i < m_cells.size(); ++i)
            m_cells[i] = cell(int(i), m_selection.forms[i]);
        return m_cells;
    }

private:
    Cell cell(int column, Form form) const
    {
        sqlite3_stmt *const statement = m_statement.get();
        const int type = sqlite3_column_type(statement, column);
        if (type == SQLITE_NULL)
            return {};
        if (type == SQLITE_FLOAT)
            return sqlite3_column_double(statement, column);
        if (type == SQLITE_TEXT || type == SQLITE_BLOB) {
            const auto *text = reinterpret_cast<const char *>(sqlite3_column_blob(statement, column));
            return std::string_view(text ? text : "", std::size_t(sqlite3_column_bytes(statement, column)));
        }
        const std::int64_t number = sqlite3_column_int64(statement, column);
        switch (form) {
        case Form::Plain: return number;
        case Form::Class: {
            const auto known = m_classes.find(number);
            return known == m_classes.end() ? Cell() : Cell(std::string_view(known->second));
        }
        case Form::State: return nameOf(static_cast<LabelState>(number));
        case Form::Split: return number == 0 ? Cell() : Cell(nameOf(static_cast<Split>(number)));
        case Form::Flag: return number == 0 ? Cell() : Cell(nameOf(static_cast<FlagState>(number)));
        }
        return {};
    }

    struct Finalize
    {
        void operator()(sqlite3_stmt *statement) const { sqlite3_finalize(statement); }
    };
    const Project &m_project;
    const Selection &m_selection;
    std::unique_ptr<sqlite3_stmt, Finalize> m_statement;
    int m_next = 1;
    int m_bound = 1;
    std::vector<Cell> m_cells;
    std::map<std::int64_t, std::string> m_classes;
};

using RowSink = std::function<bool(std::span<const Cell>)>;

/// In the order of ids one pass over the table suffices.
Result<> readById(const Project &project, const CompiledFilter &filter, bool descending,
                  std::optional<std::int64_t> limit, std::span<const std::string> columns, const RowSink &row)
{
    const auto selection = selectionOf(columns, filter.joins);
    if (!selection)
        return fail(selection.error());
    Reader reader(project, *selection,
                  filter.where + " ORDER BY c.sample_id" + (descending ? " DESC" : "") + (limit ? " LIMIT ?" : ""));
    for (const auto &value : filter.values)
        std::visit([&](const auto &one) { reader.bind(one); }, value);
    if (limit)
        reader.bind(*limit);
    while (reader.step())
        if (!row(reader.cells()))
            return {};
    return {};
}

Result<> readInOrder(const Project &project, std::span<const SampleId> ids, std::span<const std::string> columns,
                     const RowSink &row)
{
    const auto selection = selectionOf(columns, {});
    if (!selection)
        return fail(selection.error());
    Reader reader(project, *selection, "c.sample_id = ?");
    for (const SampleId id : ids) {
        reader.reset();
        reader.bind(id.value);
        if (reader.step() && !row(reader.cells()))
            return {};
    }
    return {};
}

} // namespace

std::vector<std::string> sampleColumns()
{
    std::vector<std::string> names;
    for (const Column &column : knownColumns)
        names.emplace_back(column.name);
    return names;
}

bool isMeasure(std::string_view name)
{
    return name.starts_with("quality.") || name.starts_with("attention.") || name.starts_with("drowsiness.") ||
           isGivenField(name);
}

std::vector<std::string> measuredNames(const Project &project)
{
    return plain(project, [&]() -> std::vector<std::string> {
        SQLite::Statement select(project.database(), "SELECT name FROM measure_names ORDER BY name");
        std::vector<std::string> names;
        while (select.executeStep())
            names.push_back(select.getColumn(0).getString());
        return names;
    });
}

Result<> checkMeasured(const Project &project, const std::string &name, const std::string &act)
{
    const std::vector<std::string> measured = measuredNames(project);
    if (measured.empty() || std::find(measured.begin(), measured.end(), name) != measured.end())
        return {};
    std::string possible;
    for (const std::string &one : measured)
        possible += (possible.empty() ? "" : ", ") + one;
    return fail(ErrorCode::Invalid, act + " '" + name + "', which was not measured; possible: " + possible + ".");
}

Result<> readSampleTable(const Project &project, std::string_view filter, const SampleOrder &order,
                         std::optional<std::int64_t> limit, std::span<const std::string> columns, const RowSink &row)
{
    const auto compiled = compileFilter(filter, project);
    if (!compiled)
        return fail(compiled.error());
    return guarded(project.folder() / "project.db", "Reading the project", [&]() -> Result<> {
        const std::vector<std::string> fixed = sampleColumns();
        for (const std::string &column : columns) {
            if (!isMeasure(column) || std::find(fixed.begin(), fixed.end(), column) != fixed.end())
                continue; // quality.flags is no measure
            if (const auto known = checkMeasured(project, column, "There is no field"); !known)
                return fail(known.error());
        }
        if (order.key == "id")
            return readById(project, *compiled, order.descending, limit, columns, row);
        const auto ids = samplesMatching(project, filter, order, limit);
        if (!ids)
            return fail(ids.error());
        return readInOrder(project, *ids, columns, row);
    });
}

} // namespace mien
