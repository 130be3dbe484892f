#include "pipeline/store/samples.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/filter.h"
#include "pipeline/store/project.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <array>

namespace mien {
namespace {

struct SortKey
{
    std::string_view name, column, join;
    bool nullable = false;
};

constexpr std::string_view joinSamples = "JOIN samples s ON s.id = c.sample_id";
constexpr std::string_view joinScores = "LEFT JOIN scores k ON k.sample_id = c.sample_id";
constexpr std::string_view joinVotes = "LEFT JOIN votes v ON v.sample_id = c.sample_id";
constexpr std::string_view joinDuplicates = "LEFT JOIN duplicates d ON d.sample_id = c.sample_id";

constexpr std::array knownSortKeys{
    SortKey{"id", "c.sample_id", ""},
    SortKey{"source", "s.source", joinSamples},
    SortKey{"label", "c.class_id", "", true},
    SortKey{"given", "c.given_class", "", true},
    SortKey{"predicted", "c.predicted", "", true},
    SortKey{"state", "c.state", ""},
    SortKey{"split", "c.split", ""},
    SortKey{"subject", "s.subject_id", joinSamples, true},
    SortKey{"flag", "c.flag", ""},
    SortKey{"reviews", "c.reviews", ""},
    SortKey{"suspicion", "c.suspicion", "", true},
    SortKey{"margin", "k.margin", joinScores, true},
    SortKey{"self_confidence", "k.self_confidence", joinScores, true},
    SortKey{"cl_noise", "k.cl_noise", joinScores, true},
    SortKey{"eac_noise", "k.eac_noise", joinScores, true},
    SortKey{"eac_inconsistency", "k.eac_inconsistency", joinScores, true},
    SortKey{"eac_spread", "k.eac_spread", joinScores, true},
    SortKey{"arbex_noise", "k.arbex_noise", joinScores, true},
    SortKey{"arbex_confidence", "k.arbex_confidence", joinScores, true},
    SortKey{"votes.entropy", "v.entropy", joinVotes, true},
    SortKey{"duplicate", "d.group_id", joinDuplicates, true},
    SortKey{"valence", "s.valence", joinSamples, true},
    SortKey{"arousal", "s.arousal", joinSamples, true},
    SortKey{"width", "s.width", joinSamples},
    SortKey{"height", "s.height", joinSamples},
};

Result<SortKey> sortKeyNamed(const std::string &name)
{
    std::string possible;
    for (const SortKey &key : knownSortKeys) {
        if (key.name == name)
            return key;
        possible.append(possible.empty() ? "" : ", ").append(key.name);
    }
    return fail(ErrorCode::Invalid, "Lists cannot be sorted by '" + name + "'; possible: " + possible + ".");
}

template <typename Work>
auto reading(const Project &project, Work &&work)
{
    return guarded(project.folder() / "project.db", "Reading the project", std::forward<Work>(work));
}

/// `FROM current_labels c …` for a filter and what else is needed.
std::string fromClause(const CompiledFilter &filter, std::string_view moreJoin = "")
{
    std::string from = " FROM current_labels c";
    bool isThere = moreJoin.empty();
    for (const std::string &join : filter.joins) {
        from += " " + join;
        isThere = isThere || join == moreJoin;
    }
    return isThere ? from : from + " " + std::string(moreJoin);
}

int bindFilter(SQLite::Statement &statement, const CompiledFilter &filter)
{
    int index = 0;
    for (const auto &value : filter.values)
        std::visit([&](const auto &one) { statement.bind(++index, one); }, value);
    return index;
}

/// Keyset paging: `ORDER BY column, id` from behind (value, id) on.
class Pager
{
public:
    Pager(const Project &project, const CompiledFilter &filter, const SortKey &key, const SampleOrder &order)
        : m_project(project), m_filter(filter), m_key(key), m_direction(order.descending ? " DESC" : " ASC"),
          m_beyond(order.descending ? "<" : ">")
    {
    }

    std::vector<SampleId> ids(std::optional<std::int64_t> limit, std::optional<SampleId> after)
    {
        m_left = limit.value_or(-1);
        if (m_left != 0)
            collect(after);
        return std::move(m_ids);
    }

private:
    void collect(std::optional<SampleId> after)
    {
        const std::string column(m_key.column);
        const bool isId = column == "c.sample_id";
        if (!after) {
            run(m_key.nullable ? column + " IS NOT NULL" : "1", isId ? "c.sample_id" : column, [](auto &, int) {});
            withoutValue({});
            return;
        }
        SQLite::Statement place(m_project.database(), "SELECT " + column + fromClause({}, m_key.join) +
                                                          " WHERE c.sample_id = ?");
        place.bind(1, after->value);
        if (!place.executeStep())
            return;
        const auto value = place.getColumn(0);
        if (value.isNull()) {
            withoutValue(after);
            return;
        }
        const auto bindValue = [&](SQLite::Statement &statement, int index) {
            if (value.isInteger())
                statement.bind(index, value.getInt64());
            else if (value.isFloat())
                statement.bind(index, value.getDouble());
            else
                statement.bind(index, value.getString());
            if (!isId)
                statement.bind(index + 1, after->value);
        };
        run(isId ? column + " " + m_beyond + " ?" : "(" + column + ", c.sample_id) " + m_beyond + " (?, ?)", column,
            bindValue);
        withoutValue({});
    }

    /// Behind all samples with a value come those without, by id.
    void withoutValue(std::optional<SampleId> after)
    {
        if (!m_key.nullable || m_left == 0)
            return;
        const std::string column(m_key.column);
        run(column + " IS NULL" + (after ? std::string(" AND c.sample_id ") + m_beyond + " ?" : ""), "c.sample_id",
            [&](SQLite::Statement &statement, int index) {
                if (after)
                    statement.bind(index, after->value);
            });
    }

    template <typename Bind>
    void run(const std::string &condition, const std::string &by, Bind bind)
    {
        std::string sql = "SELECT c.sample_id" + fromClause(m_filter, m_key.join) + " WHERE " + m_filter.where +
                          " AND " + condition + " ORDER BY " + by + m_direction;
        if (by != "c.sample_id")
            sql += std::string(", c.sample_id") + m_direction;
        if (m_left >= 0)
            sql += " LIMIT ?";
        SQLite::Statement select(m_project.database(), sql);
        const int bound = bindFilter(select, m_filter);
        bind(select, bound + 1);
        if (m_left >= 0)
            select.bind(sqliteParameters(sql), m_left);
        while (select.executeStep()) {
            m_ids.push_back({select.getColumn(0).getInt64()});
            if (m_left > 0)
                --m_left;
        }
    }

    static int sqliteParameters(const std::string &sql)
    {
        return static_cast<int>(std::count(sql.begin(), sql.end(), '?')); // values never stand in the text
    }

    const Project &m_project;
    const CompiledFilter &m_filter;
    const SortKey m_key;
    const char *m_direction;
    const char *m_beyond;
    std::int64_t m_left = -1;
    std::vector<SampleId> m_ids;
};

} // namespace

std::vector<std::string> sortKeys()
{
    std::vector<std::string> names;
    for (const SortKey &key : knownSortKeys)
        names.emplace_back(key.name);
    return names;
}

Result<std::vector<SampleId>> samplesMatching(const Project &project, std::string_view filter, const SampleOrder &order,
                                              std::optional<std::int64_t> limit, std::optional<SampleId> after)
{
    const auto key = sortKeyNamed(order.key);
    if (!key)
        return fail(key.error());
    const auto compiled = compileFilter(filter, project);
    if (!compiled)
        return fail(compiled.error());
    return reading(project, [&]() -> Result<std::vector<SampleId>> {
        return Pager(project, *compiled, *key, order).ids(limit, after);
    });
}

Result<std::int64_t> countMatching(const Project &project, std::string_view filter)
{
    const auto compiled = compileFilter(filter, project);
    if (!compiled)
        return fail(compiled.error());
    return reading(project, [&]() -> Result<std::int64_t> {
        SQLite::Statement select(project.database(),
                                 "SELECT count(*)" + fromClause(*compiled) + " WHERE " + compiled->where);
        bindFilter(select, *compiled);
        select.executeStep();
        return select.getColumn(0).getInt64();
    });
}

Result<std::vector<ClassCount>> countsByLabel(const Project &project, std::string_view filter)
{
    const auto compiled = compileFilter(filter, project);
    if (!compiled)
        return fail(compiled.error());
    return reading(project, [&]() -> Result<std::vector<ClassCount>> {
        SQLite::Statement select(project.database(), "SELECT c.class_id, c.state, count(*)" + fromClause(*compiled) +
                                                         " WHERE " + compiled->where +
                                                         " GROUP BY c.class_id, c.state ORDER BY c.state, c.class_id");
        bindFilter(select, *compiled);
        std::vector<ClassCount> counts;
        while (select.executeStep()) {
            ClassCount count;
            if (!select.getColumn(0).isNull())
                count.label = ClassId{select.getColumn(0).getInt64()};
            count.state = static_cast<LabelState>(select.getColumn(1).getInt());
            count.samples = select.getColumn(2).getInt64();
            counts.push_back(count);
        }
        return counts;
    });
}

Result<std::vector<std::pair<Split, std::int64_t>>> countsBySplit(const Project &project, std::string_view filter)
{
    const auto compiled = compileFilter(filter, project);
    if (!compiled)
        return fail(compiled.error());
    return reading(project, [&]() -> Result<std::vector<std::pair<Split, std::int64_t>>> {
        SQLite::Statement select(project.database(), "SELECT c.split, count(*)" + fromClause(*compiled) + " WHERE " +
                                                         compiled->where + " GROUP BY c.split ORDER BY c.split");
        bindFilter(select, *compiled);
        std::vector<std::pair<Split, std::int64_t>> counts;
        while (select.executeStep())
            counts.emplace_back(static_cast<Split>(select.getColumn(0).getInt()), select.getColumn(1).getInt64());
        return counts;
    });
}

std::int64_t subjectCount(const Project &project)
{
    return project.database().execAndGet("SELECT count(*) FROM subjects").getInt64();
}

std::vector<AnnotationRow> annotationsOf(const Project &project, SampleId sample)
{
    SQLite::Statement select(project.database(),
                             "SELECT n.edit_id, a.name, n.verdict, c.name, d.name, n.at_ms, n.seconds, n.blind,"
                             " n.after_reveal, e.withdrawn_at_ms IS NOT NULL, n.source, n.note"
                             " FROM annotations n JOIN edits e ON e.id = n.edit_id"
                             " JOIN annotators a ON a.id = n.annotator_id LEFT JOIN classes c ON c.id = n.class_id"
                             " LEFT JOIN classes d ON d.id = n.second_class_id WHERE n.sample_id = ? ORDER BY n.id");
    select.bind(1, sample.value);
    static constexpr std::array verdicts{"label", "unsure", "not_a_face", "skip"};
    static constexpr std::array sources{"import", "person", "model", "adjudication"};
    std::vector<AnnotationRow> rows;
    while (select.executeStep()) {
        AnnotationRow row;
        row.edit = {select.getColumn(0).getInt64()};
        row.annotator = select.getColumn(1).getString();
        const auto verdict = static_cast<std::size_t>(select.getColumn(2).getInt());
        row.verdict = verdict == 0 ? select.getColumn(3).getString() : verdicts.at(verdict);
        if (!select.getColumn(4).isNull())
            row.second = select.getColumn(4).getString();
        row.atMs = select.getColumn(5).getInt64();
        row.seconds = select.getColumn(6).getDouble();
        row.blind = select.getColumn(7).getInt() != 0;
        row.afterReveal = select.getColumn(8).getInt() != 0;
        row.withdrawn = select.getColumn(9).getInt() != 0;
        row.source = sources.at(static_cast<std::size_t>(select.getColumn(10).getInt()));
        row.note = select.getColumn(11).getString();
        rows.push_back(std::move(row));
    }
    return rows;
}

} // namespace mien
