#include "pipeline/store/current_labels.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace mien {
namespace {

// A derived row from a sample `s`. The newest fact is the one with the highest id; an adjudication outranks all others.
// Numbers: verdict 0 label, 1 unsure, 2 not a face, 3 skip, 4 no label; source 1 person, 3 adjudication; states and
// flags as in LabelState and FlagState.
constexpr const char *derivedColumns = R"sql(
SELECT s.id AS sample_id,
       CASE WHEN x.excluded THEN NULL WHEN a.id IS NULL THEN s.given_class WHEN a.verdict = 0 THEN a.class_id END
           AS class_id,
       CASE WHEN x.excluded THEN 5 WHEN a.id IS NULL THEN s.given_state
            WHEN a.verdict = 0 THEN 0 WHEN a.verdict = 1 THEN 2 WHEN a.verdict = 4 THEN 1 ELSE 4 END AS state,
       s.given_class AS given_class,
       coalesce(p.split, s.given_split) AS split,
       coalesce(x.excluded, 0) AS excluded,
       %REVIEWS% AS reviews,
       CASE WHEN f.state IS NOT NULL THEN f.state
            WHEN k.flagged IS NOT 1 THEN 0
            WHEN a.verdict = 0 AND a.class_id IS s.given_class THEN 3
            WHEN a.verdict IN (0, 2) THEN 2
            ELSE 1 END AS flag,
       CASE WHEN k.sample_id IS NOT NULL THEN k.predicted ELSE
           (SELECT r.class_id FROM predictions r
            WHERE r.run = (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'predicting_run')
              AND r.sample_id = s.id) END AS predicted,
       k.suspicion AS suspicion
)sql";

constexpr const char *derivedFrom = R"sql(
LEFT JOIN annotations a ON a.id = %annotations%
LEFT JOIN split_facts p ON p.id = %split_facts%
LEFT JOIN exclusion_facts x ON x.id = %exclusion_facts%
LEFT JOIN flag_facts f ON f.id = %flag_facts%
LEFT JOIN scores k ON k.sample_id = s.id
WHERE s.retired = 0 AND s.import_id NOT IN (SELECT id FROM imports WHERE removed_at_ms IS NOT NULL)
)sql";

constexpr const char *tagDerivation = R"sql(
SELECT n.tag_id AS tag_id, n.sample_id AS sample_id
FROM %SAMPLES%
WHERE n.present AND n.sample_id IN (SELECT sample_id FROM current_labels)
  AND n.id = (SELECT max(m.id) FROM tag_facts m JOIN edits e ON e.id = m.edit_id
              WHERE m.sample_id = n.sample_id AND m.tag_id = n.tag_id AND e.withdrawn_at_ms IS NULL)
)sql";

constexpr const char *columns =
    "(sample_id, class_id, state, given_class, split, excluded, reviews, flag, predicted, suspicion)";

void put(std::string &text, const std::string &mark, std::string_view value)
{
    text.replace(text.find(mark), mark.size(), value);
}

std::string tagsOver(const std::string &samples)
{
    std::string text = tagDerivation;
    put(text, "%SAMPLES%", samples);
    return text;
}

/// A derivation from some samples.
struct Derivation
{
    std::string columns = derivedColumns, from = derivedFrom;

    std::string over(const std::string &samples) const { return columns + " FROM " + samples + from; }
};

/// @param newest  gives the id of a sample's newest fact in a table
Derivation derivation(SQLite::Database &database, const std::string &reviews, const std::string &annotation,
                      std::string (*newest)(const std::string &table))
{
    Derivation texts;
    put(texts.columns, "%REVIEWS%", reviews);
    put(texts.from, "%annotations%", annotation);
    // Kinds of facts that the project holds none of are not looked for with every sample.
    for (const std::string table : {"split_facts", "exclusion_facts", "flag_facts"}) {
        const bool hasAny = database.execAndGet("SELECT EXISTS (SELECT 1 FROM " + table + ")").getInt() != 0;
        put(texts.from, '%' + table + '%', hasAny ? newest(table) : "NULL");
    }
    return texts;
}

/// From all facts of a sample, whatever was derived before.
Derivation fromAllFacts(SQLite::Database &database)
{
    const std::string reviews = " FROM annotations n JOIN edits e ON e.id = n.edit_id WHERE n.sample_id = s.id"
                                " AND n.source IN (1, 3) AND n.verdict <> 3 AND e.withdrawn_at_ms IS NULL)";
    return derivation(database, "(SELECT count(*)" + reviews,
                      "(SELECT max((n.source = 3) * 4611686018427387904 + n.id) & 4611686018427387903" + reviews,
                      [](const std::string &table) {
                          return "(SELECT max(n.id) FROM " + table +
                                 " n JOIN edits e ON e.id = n.edit_id WHERE n.sample_id = s.id"
                                 " AND e.withdrawn_at_ms IS NULL)";
                      });
}

/// For touched samples `t` of one edit, whose rows `c` were right before it came to count (?1 = 1) or ceased to (-1):
/// what many edits were about costs no more than what none was. An edit that comes to count is the newest that does.
/// Edits and their facts are numbered as they are made, so what is the newest without it is found by walking the
/// indexes by sample backwards.
Derivation fromOneEdit(SQLite::Database &database)
{
    static constexpr auto newest = [](const std::string &table, const std::string &condition) {
        return "(SELECT n.id FROM " + table + " n CROSS JOIN edits e ON e.id = n.edit_id WHERE n.sample_id = s.id" +
               condition + " AND e.withdrawn_at_ms IS NULL ORDER BY n.edit_id DESC, n.id DESC LIMIT 1)";
    };
    return derivation(database, "c.reviews + ?1 * t.answers",
                      "coalesce(" + newest("annotations", " AND n.source = 3 AND n.verdict <> 3") + ", t.newest, " +
                          newest("annotations", " AND n.source = 1 AND n.verdict <> 3") + ")",
                      [](const std::string &table) { return newest(table, ""); });
}

void emptyTouched(SQLite::Database &database)
{
    database.exec("CREATE TEMP TABLE IF NOT EXISTS touched (id INTEGER PRIMARY KEY, answers INTEGER NOT NULL DEFAULT 0,"
                  " newest INTEGER)");
    database.exec("DELETE FROM temp.touched");
}

constexpr std::array columnNames{"class_id", "state", "given_class", "split",    "excluded",
                                 "reviews",  "flag",  "predicted",   "suspicion"};
constexpr int columnCount = static_cast<int>(columnNames.size());

/// A column of a row: all but the suspicion are whole numbers.
struct Value
{
    enum class Kind : std::uint8_t { Null, Whole, Real };

    Kind kind = Kind::Null;
    union {
        std::int64_t whole = 0;
        double real;
    };

    static Value of(const SQLite::Column &column)
    {
        Value value;
        if (column.isFloat()) {
            value.kind = Kind::Real;
            value.real = column.getDouble();
        } else if (!column.isNull()) {
            value.kind = Kind::Whole;
            value.whole = column.getInt64();
        }
        return value;
    }

    void bindTo(SQLite::Statement &statement, int index) const
    {
        switch (kind) {
        case Kind::Null: statement.bind(index); break;
        case Kind::Whole: statement.bind(index, whole); break;
        case Kind::Real: statement.bind(index, real); break;
        }
    }

    bool operator==(const Value &other) const
    {
        return kind == other.kind && (kind == Kind::Real ? real == other.real : whole == other.whole);
    }
};

/// Writes only the columns that changed, because SQLite renews every index over a column that UPDATE names, changed or
/// not, and the rows in the order of the indexes, so that neighbours in them are written together.
class RowUpdater
{
public:
    explicit RowUpdater(SQLite::Database &database)
        : m_database(database)
    {
    }

    /// @param row  sample id, derived columns, stored columns
    void add(SQLite::Statement &row)
    {
        Change change{row.getColumn(0).getInt64(), 0, {}};
        for (int i = 0; i < columnCount; ++i) {
            change.values[static_cast<std::size_t>(i)] = Value::of(row.getColumn(1 + i));
            if (change.values[static_cast<std::size_t>(i)] != Value::of(row.getColumn(1 + columnCount + i)))
                change.changed |= 1U << i;
        }
        if (change.changed != 0)
            m_changes.push_back(change);
        if (m_changes.size() == mostWaiting)
            write();
    }

    void write()
    {
        std::ranges::sort(m_changes, {}, [](const Change &change) {
            const Value &suspicion = change.values[columnCount - 1];
            return std::pair(change.changed, suspicion.kind == Value::Kind::Real ? suspicion.real : -1.0);
        });
        for (const Change &change : m_changes) {
            SQLite::Statement &statement = statementFor(change.changed);
            int index = 1;
            for (int i = 0; i < columnCount; ++i) {
                if (change.changed >> i & 1U)
                    change.values[static_cast<std::size_t>(i)].bindTo(statement, index++);
            }
            statement.bind(index, change.sample);
            statement.exec();
            statement.reset();
        }
        m_changes.clear();
    }

private:
    struct Change
    {
        std::int64_t sample;
        unsigned changed; ///< Bit i: columnNames[i] changed.
        std::array<Value, columnNames.size()> values;
    };
    static constexpr std::size_t mostWaiting = 100'000;

    SQLite::Statement &statementFor(unsigned changed)
    {
        auto &statement = m_statements[changed];
        if (!statement) {
            std::string set;
            for (std::size_t i = 0; i < columnNames.size(); ++i) {
                if (changed >> i & 1U)
                    set.append(set.empty() ? "" : ", ").append(columnNames[i]).append(" = ?");
            }
            statement = std::make_unique<SQLite::Statement>(m_database, "UPDATE current_labels SET " + set +
                                                                            " WHERE sample_id = ?");
        }
        return *statement;
    }

    SQLite::Database &m_database;
    std::vector<Change> m_changes;
    std::map<unsigned, std::unique_ptr<SQLite::Statement>> m_statements;
};

constexpr const char *touchedSamples = "temp.touched t CROSS JOIN samples s ON s.id = t.id";

/// @param bind  the parameters of the derivation
void refreshTouchedRows(SQLite::Database &database, const Derivation &derivation,
                        const std::function<void(SQLite::Statement &)> &bind = {})
{
    RowUpdater rows(database);
    {
        Derivation beside = derivation; // what is stored
        for (const char *name : columnNames)
            beside.columns += std::string(", c.") + name;
        // Rows may be written under this reader: it walks temp.touched, and each row is read before it is written.
        SQLite::Statement select(
            database, beside.over(std::string(touchedSamples) + " CROSS JOIN current_labels c ON c.sample_id = s.id"));
        if (bind)
            bind(select);
        while (select.executeStep())
            rows.add(select);
    }
    rows.write();
    if (database
            .execAndGet("SELECT EXISTS (SELECT 1 FROM temp.touched t WHERE NOT EXISTS"
                        " (SELECT 1 FROM current_labels c WHERE c.sample_id = t.id))")
            .getInt() != 0) {
        database.exec("INSERT OR IGNORE INTO current_labels " + std::string(columns) + " " +
                      fromAllFacts(database).over(touchedSamples));
    }
}

void refreshTouchedTags(SQLite::Database &database)
{
    if (database.execAndGet("SELECT EXISTS (SELECT 1 FROM tag_facts)").getInt() == 0)
        return;
    database.exec("DELETE FROM current_tags WHERE sample_id IN (SELECT id FROM temp.touched)");
    database.exec("INSERT INTO current_tags (tag_id, sample_id) " +
                  tagsOver("temp.touched t CROSS JOIN tag_facts n ON n.sample_id = t.id"));
}

void refreshTouched(SQLite::Database &database)
{
    refreshTouchedRows(database, fromAllFacts(database));
    refreshTouchedTags(database);
    for (const char *table : {"current_tags", "current_labels"})
        database.exec(std::string("DELETE FROM ") + table +
                      " WHERE sample_id IN (SELECT t.id FROM temp.touched t CROSS JOIN samples s ON s.id = t.id"
                      " WHERE s.retired)");
}

} // namespace

void refreshCurrentOfEdit(SQLite::Database &database, EditId edit)
{
    emptyTouched(database);
    SQLite::Statement find(database, "SELECT withdrawn_at_ms IS NULL FROM edits WHERE id = ?");
    find.bind(1, edit.value);
    const bool isCounting = find.executeStep() && find.getColumn(0).getInt() != 0;
    find.reset();

    SQLite::Statement answers(database, "INSERT INTO temp.touched (id, answers, newest)"
                                        " SELECT sample_id, 1, iif(?2, id, NULL) FROM annotations"
                                        " WHERE edit_id = ?1 AND source IN (1, 3) AND verdict <> 3 ON CONFLICT (id)"
                                        " DO UPDATE SET answers = answers + 1, newest = max(newest, excluded.newest)");
    answers.bind(1, edit.value);
    answers.bind(2, isCounting ? 1 : 0);
    answers.exec();
    for (const std::string facts : {"tag_facts", "split_facts", "exclusion_facts", "flag_facts"}) {
        SQLite::Statement others(database, "INSERT OR IGNORE INTO temp.touched (id) SELECT sample_id FROM " + facts +
                                               " WHERE edit_id = ?");
        others.bind(1, edit.value);
        others.exec();
    }
    refreshTouchedRows(database, fromOneEdit(database),
                       [&](SQLite::Statement &select) { select.bind(1, isCounting ? 1 : -1); });
    SQLite::Statement tags(database, "SELECT 1 FROM tag_facts WHERE edit_id = ? LIMIT 1");
    tags.bind(1, edit.value);
    if (tags.executeStep())
        refreshTouchedTags(database);
}

void refreshCurrentOf(SQLite::Database &database, std::span<const SampleId> samples)
{
    emptyTouched(database);
    SQLite::Statement insert(database, "INSERT OR IGNORE INTO temp.touched (id) VALUES (?)");
    for (const SampleId sample : samples) {
        insert.bind(1, sample.value);
        insert.exec();
        insert.reset();
    }
    refreshTouched(database);
}

void refreshCurrentOfImport(SQLite::Database &database, ImportId import)
{
    emptyTouched(database);
    SQLite::Statement collect(database, "INSERT INTO temp.touched (id) SELECT id FROM samples WHERE import_id = ?");
    collect.bind(1, import.value);
    collect.exec();
    SQLite::Statement removed(database, "SELECT 1 FROM imports WHERE id = ? AND removed_at_ms IS NOT NULL");
    removed.bind(1, import.value);
    if (!removed.executeStep()) {
        refreshTouched(database);
        return;
    }
    database.exec("DELETE FROM current_tags WHERE sample_id IN (SELECT id FROM temp.touched)");
    database.exec("DELETE FROM current_labels WHERE sample_id IN (SELECT id FROM temp.touched)");
}

void refreshCurrentOfAll(SQLite::Database &database)
{
    database.exec("DELETE FROM current_labels");
    database.exec("INSERT INTO current_labels " + std::string(columns) + " " +
                  fromAllFacts(database).over("samples s"));
    database.exec("DELETE FROM current_tags");
    database.exec("INSERT INTO current_tags (tag_id, sample_id) " + tagsOver("tag_facts n"));
}

std::int64_t findWrongCurrent(SQLite::Database &database)
{
    database.exec("CREATE TEMP TABLE IF NOT EXISTS wrong_current (sample_id INTEGER PRIMARY KEY)");
    database.exec("DELETE FROM temp.wrong_current");
    database.exec("INSERT INTO temp.wrong_current SELECT n.sample_id FROM (" +
                  fromAllFacts(database).over("samples s") +
                  ") n LEFT JOIN current_labels c ON c.sample_id = n.sample_id"
                  " WHERE c.sample_id IS NULL OR c.class_id IS NOT n.class_id OR c.state <> n.state"
                  " OR c.given_class IS NOT n.given_class OR c.split <> n.split OR c.excluded <> n.excluded"
                  " OR c.reviews <> n.reviews OR c.flag <> n.flag OR c.predicted IS NOT n.predicted"
                  " OR c.suspicion IS NOT n.suspicion");
    database.exec("INSERT OR IGNORE INTO temp.wrong_current"
                  " SELECT sample_id FROM current_labels WHERE sample_id NOT IN (SELECT id FROM samples"
                  " WHERE retired = 0 AND import_id NOT IN (SELECT id FROM imports WHERE removed_at_ms IS NOT NULL))");
    const std::string tags = tagsOver("tag_facts n");
    database.exec("INSERT OR IGNORE INTO temp.wrong_current SELECT sample_id FROM (" + tags +
                  " EXCEPT SELECT tag_id, sample_id FROM current_tags)");
    database.exec("INSERT OR IGNORE INTO temp.wrong_current SELECT sample_id FROM"
                  " (SELECT tag_id, sample_id FROM current_tags EXCEPT " +
                  tags + ")");
    return database.execAndGet("SELECT count(*) FROM temp.wrong_current").getInt64();
}

} // namespace mien
