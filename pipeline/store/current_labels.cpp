#include "pipeline/store/current_labels.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace mien {
namespace {

// The newest fact is the one with the highest id; an adjudication outranks all others by its high bit.
// Numbers: verdict 0 label, 1 unsure, 2 not a face, 3 skip, 4 no label; source 1 person, 3 adjudication; states and
// flags as in LabelState and FlagState.
constexpr const char *derivation = R"sql(
SELECT s.id AS sample_id,
       CASE WHEN x.excluded THEN NULL WHEN a.id IS NULL THEN s.given_class WHEN a.verdict = 0 THEN a.class_id END
           AS class_id,
       CASE WHEN x.excluded THEN 5 WHEN a.id IS NULL THEN s.given_state
            WHEN a.verdict = 0 THEN 0 WHEN a.verdict = 1 THEN 2 WHEN a.verdict = 4 THEN 1 ELSE 4 END AS state,
       s.given_class AS given_class,
       coalesce(p.split, s.given_split) AS split,
       coalesce(x.excluded, 0) AS excluded,
       (SELECT count(*) FROM annotations n JOIN edits e ON e.id = n.edit_id
        WHERE n.sample_id = s.id AND n.source IN (1, 3) AND n.verdict <> 3 AND e.withdrawn_at_ms IS NULL) AS reviews,
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
FROM %SAMPLES%
LEFT JOIN annotations a ON a.id =
    (SELECT max((n.source = 3) * 4611686018427387904 + n.id) & 4611686018427387903
     FROM annotations n JOIN edits e ON e.id = n.edit_id
     WHERE n.sample_id = s.id AND n.source IN (1, 3) AND n.verdict <> 3 AND e.withdrawn_at_ms IS NULL)
LEFT JOIN split_facts p ON p.id =
    (SELECT max(n.id) FROM split_facts n JOIN edits e ON e.id = n.edit_id
     WHERE n.sample_id = s.id AND e.withdrawn_at_ms IS NULL)
LEFT JOIN exclusion_facts x ON x.id =
    (SELECT max(n.id) FROM exclusion_facts n JOIN edits e ON e.id = n.edit_id
     WHERE n.sample_id = s.id AND e.withdrawn_at_ms IS NULL)
LEFT JOIN flag_facts f ON f.id =
    (SELECT max(n.id) FROM flag_facts n JOIN edits e ON e.id = n.edit_id
     WHERE n.sample_id = s.id AND e.withdrawn_at_ms IS NULL)
LEFT JOIN scores k ON k.sample_id = s.id
WHERE s.import_id NOT IN (SELECT id FROM imports WHERE removed_at_ms IS NOT NULL)
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

std::string over(const char *sql, const std::string &samples)
{
    std::string text = sql;
    const std::string mark = "%SAMPLES%";
    text.replace(text.find(mark), mark.size(), samples);
    return text;
}

/// For some samples: kinds of facts that the project holds none of are not looked for with every sample.
std::string derivationOf(SQLite::Database &database, const std::string &samples)
{
    std::string text = over(derivation, samples);
    for (const std::string table : {"split_facts", "exclusion_facts", "flag_facts"}) {
        if (database.execAndGet("SELECT EXISTS (SELECT 1 FROM " + table + ")").getInt() != 0)
            continue;
        const std::size_t begin = text.find("(SELECT max(n.id) FROM " + table);
        const std::size_t end = text.find("IS NULL)", begin) + std::string_view("IS NULL)").size();
        text.replace(begin, end - begin, "NULL");
    }
    return text;
}

void emptyTouched(SQLite::Database &database)
{
    database.exec("CREATE TEMP TABLE IF NOT EXISTS touched (id INTEGER PRIMARY KEY)");
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

void refreshTouched(SQLite::Database &database)
{
    RowUpdater rows(database);
    {
        std::string stored;
        for (const char *name : columnNames)
            stored += std::string(", c.") + name;
        // Rows may be written under this reader: it walks temp.touched, and each row is read before it is written.
        SQLite::Statement select(database,
                                 "SELECT n.*" + stored + " FROM (" +
                                     derivationOf(database, "temp.touched t CROSS JOIN samples s ON s.id = t.id") +
                                     ") n CROSS JOIN current_labels c ON c.sample_id = n.sample_id");
        while (select.executeStep())
            rows.add(select);
    }
    rows.write();
    if (database
            .execAndGet("SELECT EXISTS (SELECT 1 FROM temp.touched t WHERE NOT EXISTS"
                        " (SELECT 1 FROM current_labels c WHERE c.sample_id = t.id))")
            .getInt() != 0) {
        database.exec("INSERT OR IGNORE INTO current_labels " + std::string(columns) + " " +
                      over(derivation, "temp.touched t CROSS JOIN samples s ON s.id = t.id"));
    }
    if (database.execAndGet("SELECT EXISTS (SELECT 1 FROM tag_facts)").getInt() == 0)
        return;
    database.exec("DELETE FROM current_tags WHERE sample_id IN (SELECT id FROM temp.touched)");
    database.exec("INSERT INTO current_tags (tag_id, sample_id) " +
                  over(tagDerivation, "temp.touched t CROSS JOIN tag_facts n ON n.sample_id = t.id"));
}

} // namespace

void refreshCurrentOfEdit(SQLite::Database &database, EditId edit)
{
    emptyTouched(database);
    for (const char *facts : {"annotations", "tag_facts", "split_facts", "exclusion_facts", "flag_facts"}) {
        SQLite::Statement collect(database, std::string("INSERT OR IGNORE INTO temp.touched SELECT sample_id FROM ") +
                                                facts + " WHERE edit_id = ?");
        collect.bind(1, edit.value);
        collect.exec();
    }
    refreshTouched(database);
}

void refreshCurrentOf(SQLite::Database &database, std::span<const SampleId> samples)
{
    emptyTouched(database);
    SQLite::Statement insert(database, "INSERT OR IGNORE INTO temp.touched VALUES (?)");
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
    SQLite::Statement collect(database, "INSERT INTO temp.touched SELECT id FROM samples WHERE import_id = ?");
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
    database.exec("INSERT INTO current_labels " + std::string(columns) + " " + over(derivation, "samples s"));
    database.exec("DELETE FROM current_tags");
    database.exec("INSERT INTO current_tags (tag_id, sample_id) " + over(tagDerivation, "tag_facts n"));
}

std::int64_t findWrongCurrent(SQLite::Database &database)
{
    database.exec("CREATE TEMP TABLE IF NOT EXISTS wrong_current (sample_id INTEGER PRIMARY KEY)");
    database.exec("DELETE FROM temp.wrong_current");
    database.exec("INSERT INTO temp.wrong_current SELECT n.sample_id FROM (" + over(derivation, "samples s") +
                  ") n LEFT JOIN current_labels c ON c.sample_id = n.sample_id"
                  " WHERE c.sample_id IS NULL OR c.class_id IS NOT n.class_id OR c.state <> n.state"
                  " OR c.given_class IS NOT n.given_class OR c.split <> n.split OR c.excluded <> n.excluded"
                  " OR c.reviews <> n.reviews OR c.flag <> n.flag OR c.predicted IS NOT n.predicted"
                  " OR c.suspicion IS NOT n.suspicion");
    database.exec("INSERT OR IGNORE INTO temp.wrong_current"
                  " SELECT sample_id FROM current_labels WHERE sample_id NOT IN (SELECT id FROM samples"
                  " WHERE import_id NOT IN (SELECT id FROM imports WHERE removed_at_ms IS NOT NULL))");
    const std::string tags = over(tagDerivation, "tag_facts n");
    database.exec("INSERT OR IGNORE INTO temp.wrong_current SELECT sample_id FROM (" + tags +
                  " EXCEPT SELECT tag_id, sample_id FROM current_tags)");
    database.exec("INSERT OR IGNORE INTO temp.wrong_current SELECT sample_id FROM"
                  " (SELECT tag_id, sample_id FROM current_tags EXCEPT " +
                  tags + ")");
    return database.execAndGet("SELECT count(*) FROM temp.wrong_current").getInt64();
}

} // namespace mien
