#include "pipeline/store/samples.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/filter.h"
#include "pipeline/store/project.h"
#include "pipeline/store/sample_joins.h"
#include "pipeline/store/sample_table.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <array>
#include <type_traits>
#include <variant>

namespace mien {
namespace {

struct KnownKey
{
    std::string_view name, column, join;
    bool nullable = false;
};

/// What a list is ordered by, as SQL.
struct SortKey
{
    std::string column, join;
    bool nullable = false;
};

constexpr std::string_view leadOf(std::string_view join)
{
    if (join == joinSamples)
        return " FROM samples s CROSS JOIN current_labels c ON c.sample_id = s.id";
    if (join == joinScores)
        return " FROM scores k CROSS JOIN current_labels c ON c.sample_id = k.sample_id";
    if (join == joinVotes)
        return " FROM votes v CROSS JOIN current_labels c ON c.sample_id = v.sample_id";
    if (join == joinDuplicates)
        return " FROM duplicates d CROSS JOIN current_labels c ON c.sample_id = d.sample_id";
    if (join == joinNearDuplicates)
        return " FROM near_duplicates n CROSS JOIN current_labels c ON c.sample_id = n.sample_id";
    return {};
}

constexpr std::array knownSortKeys{
    KnownKey{"id", "c.sample_id", ""},
    KnownKey{"source", "s.source", joinSamples},
    KnownKey{"label", "c.class_id", "", true},
    KnownKey{"given", "c.given_class", "", true},
    KnownKey{"predicted", "c.predicted", "", true},
    KnownKey{"state", "c.state", ""},
    KnownKey{"split", "c.split", ""},
    KnownKey{"subject", "s.subject_id", joinSamples, true},
    KnownKey{"flag", "c.flag", ""},
    KnownKey{"reviews", "c.reviews", ""},
    KnownKey{"suspicion", "c.suspicion", "", true},
    KnownKey{"margin", "k.margin", joinScores, true},
    KnownKey{"self_confidence", "k.self_confidence", joinScores, true},
    KnownKey{"cl_noise", "k.cl_noise", joinScores, true},
    KnownKey{"eac_noise", "k.eac_noise", joinScores, true},
    KnownKey{"eac_inconsistency", "k.eac_inconsistency", joinScores, true},
    KnownKey{"eac_spread", "k.eac_spread", joinScores, true},
    KnownKey{"arbex_noise", "k.arbex_noise", joinScores, true},
    KnownKey{"arbex_confidence", "k.arbex_confidence", joinScores, true},
    KnownKey{"votes.entropy", "v.entropy", joinVotes, true},
    KnownKey{"votes.total", "v.total", joinVotes, true},
    KnownKey{"duplicate", "d.group_id", joinDuplicates, true},
    KnownKey{"near_duplicate", "n.group_id", joinNearDuplicates, true},
    KnownKey{"valence", "s.valence", joinSamples, true},
    KnownKey{"arousal", "s.arousal", joinSamples, true},
    KnownKey{"width", "s.width", joinSamples},
    KnownKey{"height", "s.height", joinSamples},
    KnownKey{"fold", "s.fold", joinSamples, true},
    KnownKey{"track", "(SELECT f.track FROM faces f WHERE f.sample_id = c.sample_id)", "", true},
};

/// A measure, whose values lie by name and sample. One that nothing has yet is an order, too: by id.
Result<SortKey> measureNamed(const Project &project, const std::string &name)
{
    if (const auto known = checkMeasured(project, name, "Lists cannot be sorted by"); !known)
        return fail(known.error());
    SQLite::Statement select(project.database(), "SELECT coalesce(max(id), 0) FROM measure_names WHERE name = ?");
    select.bind(1, name);
    select.executeStep();
    return SortKey{"y.value",
                   "LEFT JOIN measures y ON y.name_id = " + std::to_string(select.getColumn(0).getInt64()) +
                       " AND y.sample_id = c.sample_id",
                   true};
}

Result<SortKey> sortKeyNamed(const Project &project, const std::string &name)
{
    if (isMeasure(name))
        return measureNamed(project, name);
    std::string possible;
    for (const KnownKey &key : knownSortKeys) {
        if (key.name == name)
            return SortKey{std::string(key.column), std::string(key.join), key.nullable};
        possible.append(possible.empty() ? "" : ", ").append(key.name);
    }
    return fail(ErrorCode::Invalid, "Lists cannot be sorted by '" + name + "'; possible: " + possible +
                                        ", quality.*, attention.*, drowsiness.*.");
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

/// A value of any type that SQLite sorts by.
using SortValue = std::variant<std::monostate, std::int64_t, double, std::string>;

SortValue valueIn(const SQLite::Column &column)
{
    if (column.isNull())
        return {};
    if (column.isInteger())
        return column.getInt64();
    if (column.isFloat())
        return column.getDouble();
    return column.getString();
}

void bindValue(SQLite::Statement &statement, int index, const SortValue &value)
{
    std::visit(
        [&]<typename T>(const T &one) {
            if constexpr (std::is_same_v<T, std::monostate>)
                statement.bind(index);
            else
                statement.bind(index, one);
        },
        value);
}

/// One list in order. A short list is sorted here: without statistics SQLite cannot know whether a filter leaves ten
/// samples or all, and walking an order's index for ten of a million costs seconds. A long list of which a page is
/// asked for is read along the index of its order, keyset by keyset.
class Lister
{
public:
    Lister(const Project &project, const CompiledFilter &filter, const SortKey &key, bool descending)
        : m_project(project)
        , m_filter(filter)
        , m_key(key)
        , m_column(key.column)
        , m_descending(descending)
    {
    }

    std::vector<SampleId> ids(std::optional<std::int64_t> limit, std::optional<SampleId> after)
    {
        if (limit && *limit <= 0)
            return {};
        if (isById())
            return along("c.sample_id", after ? std::optional(SortValue(after->value)) : std::nullopt, {}, limit);
        if (const auto listed = sortedHere(limit ? std::optional(longest + *limit) : std::nullopt))
            return cut(*listed, limit, after);

        std::vector<SampleId> found;
        SortValue from;
        if (after)
            from = valueOf(*after);
        const bool isPastValues = after && std::holds_alternative<std::monostate>(from);
        if (!isPastValues)
            found = along(m_column, after ? std::optional(from) : std::nullopt, after, limit);
        const auto left = *limit - static_cast<std::int64_t>(found.size());
        if (m_key.nullable && left > 0) {
            const auto rest = withoutValue(isPastValues ? after : std::nullopt, left);
            found.insert(found.end(), rest.begin(), rest.end());
        }
        return found;
    }

private:
    using Entry = std::pair<SortValue, std::int64_t>;

    static constexpr std::int64_t longest = 5'000;

    bool isById() const { return m_column == "c.sample_id"; }
    std::string direction() const { return m_descending ? " DESC" : " ASC"; }
    std::string beyond() const { return m_descending ? " < " : " > "; }

    /// Everything in order; empty when there is more than `most`.
    std::optional<std::vector<Entry>> sortedHere(std::optional<std::int64_t> most) const
    {
        // Where other tables are looked into, c must be read by id: two columns that no index covers together keep
        // the planner from a scan in another order, which would jump about in those tables.
        const bool looksElsewhere = !m_filter.joins.empty() || !m_key.join.empty();
        SQLite::Statement select(m_project.database(), "SELECT c.sample_id, " + m_column +
                                                           (looksElsewhere ? ", c.split, c.state" : "") +
                                                           fromClause(m_filter, m_key.join) + " WHERE " +
                                                           m_filter.where + (most ? " LIMIT ?" : ""));
        const int bound = bindFilter(select, m_filter);
        if (most)
            select.bind(bound + 1, *most + 1);
        std::vector<Entry> entries;
        while (select.executeStep())
            entries.emplace_back(valueIn(select.getColumn(1)), select.getColumn(0).getInt64());
        if (most && static_cast<std::int64_t>(entries.size()) > *most)
            return std::nullopt;
        std::sort(entries.begin(), entries.end(), [this](const Entry &a, const Entry &b) { return isBefore(a, b); });
        return entries;
    }

    bool isBefore(const Entry &a, const Entry &b) const
    {
        const bool aHasNone = a.first.index() == 0, bHasNone = b.first.index() == 0;
        if (aHasNone != bHasNone)
            return bHasNone;
        return m_descending ? b < a : a < b;
    }

    std::vector<SampleId> cut(const std::vector<Entry> &entries, std::optional<std::int64_t> limit,
                              std::optional<SampleId> after) const
    {
        auto begin = entries.begin();
        if (after) {
            const Entry last{valueOf(*after), after->value};
            begin = std::upper_bound(entries.begin(), entries.end(), last,
                                     [this](const Entry &a, const Entry &b) { return isBefore(a, b); });
        }
        auto end = entries.end();
        if (limit && *limit < end - begin)
            end = begin + *limit;
        std::vector<SampleId> found;
        found.reserve(static_cast<std::size_t>(end - begin));
        for (; begin != end; ++begin)
            found.push_back({begin->second});
        return found;
    }

    SortValue valueOf(SampleId sample) const
    {
        SQLite::Statement select(m_project.database(),
                                 "SELECT " + m_column + fromClause({}, m_key.join) + " WHERE c.sample_id = ?");
        select.bind(1, sample.value);
        return select.executeStep() ? valueIn(select.getColumn(0)) : SortValue();
    }

    /// ORDER BY column, id behind (from, after).
    std::vector<SampleId> along(const std::string &column, const std::optional<SortValue> &from,
                                std::optional<SampleId> after, std::optional<std::int64_t> limit) const
    {
        std::string sql = "SELECT c.sample_id" + drivenByOrder() + " WHERE " + m_filter.where;
        if (m_key.nullable)
            sql += " AND " + column + " IS NOT NULL";
        if (from)
            sql += isById() ? " AND c.sample_id" + beyond() + "?"
                            : " AND (" + column + ", c.sample_id)" + beyond() + "(?, ?)";
        sql += " ORDER BY " + column + direction();
        if (!isById())
            sql += ", c.sample_id" + direction();
        if (limit)
            sql += " LIMIT ?";
        SQLite::Statement select(m_project.database(), sql);
        int index = bindFilter(select, m_filter);
        if (from)
            bindValue(select, ++index, *from);
        if (from && !isById())
            select.bind(++index, after->value);
        if (limit)
            select.bind(++index, *limit);
        return idsOf(select);
    }

    /// Behind all samples with a value come those without, by id.
    std::vector<SampleId> withoutValue(std::optional<SampleId> after, std::int64_t limit) const
    {
        std::string sql = "SELECT c.sample_id" + fromClause(m_filter, m_key.join) + " WHERE " + m_filter.where +
                          " AND " + m_column + " IS NULL";
        if (after)
            sql += " AND c.sample_id" + beyond() + "?";
        SQLite::Statement select(m_project.database(), sql + " ORDER BY c.sample_id" + direction() + " LIMIT ?");
        int index = bindFilter(select, m_filter);
        if (after)
            select.bind(++index, after->value);
        select.bind(++index, limit);
        return idsOf(select);
    }

    /// The table that gives the order leads, so that its index is walked.
    std::string drivenByOrder() const
    {
        const std::string_view lead = leadOf(m_key.join);
        if (lead.empty())
            return fromClause(m_filter, m_key.join);
        std::string from(lead);
        for (const std::string &join : m_filter.joins)
            from += join == m_key.join ? "" : " " + join;
        return from;
    }

    static std::vector<SampleId> idsOf(SQLite::Statement &select)
    {
        std::vector<SampleId> found;
        while (select.executeStep())
            found.push_back({select.getColumn(0).getInt64()});
        return found;
    }

    const Project &m_project;
    const CompiledFilter &m_filter;
    const SortKey m_key;
    const std::string m_column;
    const bool m_descending;
};

} // namespace

std::vector<std::string> sortKeys()
{
    std::vector<std::string> names;
    for (const KnownKey &key : knownSortKeys)
        names.emplace_back(key.name);
    return names;
}

Result<std::vector<SampleId>> samplesMatching(const Project &project, std::string_view filter, const SampleOrder &order,
                                              std::optional<std::int64_t> limit, std::optional<SampleId> after)
{
    const auto compiled = compileFilter(filter, project);
    if (!compiled)
        return fail(compiled.error());
    return reading(project, [&]() -> Result<std::vector<SampleId>> {
        const auto key = sortKeyNamed(project, order.key);
        if (!key)
            return fail(key.error());
        return Lister(project, *compiled, *key, order.descending).ids(limit, after);
    });
}

Result<std::vector<std::string>> spacesOf(const Project &project, std::span<const SampleId> ids,
                                          const std::stop_token &stop)
{
    return reading(project, [&]() -> Result<std::vector<std::string>> {
        SQLite::Statement select(project.database(),
                                 "SELECT x.space FROM current_labels c LEFT JOIN scores k ON k.sample_id = c.sample_id"
                                 " JOIN classes x ON x.id = coalesce(c.given_class, c.class_id, c.predicted,"
                                 " k.suggested) WHERE c.sample_id = ? AND x.space <> 'user'");
        std::vector<std::string> spaces;
        for (const SampleId id : ids) {
            if (stop.stop_requested())
                return fail(ErrorCode::Cancelled, {});
            select.bind(1, id.value);
            if (select.executeStep())
                if (std::string space = select.getColumn(0).getString();
                    std::find(spaces.begin(), spaces.end(), space) == spaces.end())
                    spaces.push_back(std::move(space));
            select.reset();
        }
        return spaces;
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

Result<std::set<std::string>> importersOf(const Project &project, std::string_view filter)
{
    const auto compiled = compileFilter(filter, project);
    if (!compiled)
        return fail(compiled.error());
    return reading(project, [&]() -> Result<std::set<std::string>> {
        SQLite::Statement select(project.database(), "SELECT DISTINCT o.importer" + fromClause(*compiled) +
                                                         " JOIN samples z ON z.id = c.sample_id"
                                                         " JOIN sources o ON o.id = z.source_id WHERE " +
                                                         compiled->where);
        bindFilter(select, *compiled);
        std::set<std::string> importers;
        while (select.executeStep())
            importers.insert(select.getColumn(0).getString());
        return importers;
    });
}

std::int64_t subjectCount(const Project &project)
{
    return plain(project, [&]() -> std::int64_t {
        // One counts while a sample of it does, or as that of a clip without samples.
        return project.database()
            .execAndGet("SELECT count(*) FROM subjects j WHERE"
                        " EXISTS (SELECT 1 FROM samples s JOIN current_labels c ON c.sample_id = s.id"
                        " WHERE s.subject_id = j.id)"
                        " OR (NOT EXISTS (SELECT 1 FROM samples s WHERE s.subject_id = j.id) AND EXISTS"
                        " (SELECT 1 FROM imports i WHERE i.source_id = j.source_id AND i.removed_at_ms IS NULL))")
            .getInt64();
    });
}

std::vector<AnnotationRow> annotationsOf(const Project &project, SampleId sample)
{
    return plain(project, [&]() -> std::vector<AnnotationRow> {
        SQLite::Statement select(
            project.database(), "SELECT n.edit_id, a.name, n.verdict, c.name, d.name, n.at_ms, n.seconds, n.blind,"
                                " n.after_reveal, e.withdrawn_at_ms IS NOT NULL, n.source, n.note,"
                                " n.sampling_probability"
                                " FROM annotations n JOIN edits e ON e.id = n.edit_id"
                                " JOIN annotators a ON a.id = n.annotator_id LEFT JOIN classes c ON c.id = n.class_id"
                                " LEFT JOIN classes d ON d.id = n.second_class_id WHERE n.sample_id = ? ORDER BY n.id");
        select.bind(1, sample.value);
        static constexpr std::array verdicts{"label", "unsure", "not_a_face", "skip", "unlabeled"};
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
            if (const auto drawn = select.getColumn(12); !drawn.isNull())
                row.samplingProbability = drawn.getDouble();
            rows.push_back(std::move(row));
        }
        return rows;
    });
}

} // namespace mien
