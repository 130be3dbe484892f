#include "pipeline/store/bin.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/connection.h"
#include "pipeline/store/crop_segments.h"
#include "pipeline/store/erasures.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

namespace mien {
namespace {

std::int64_t dueBefore(std::int64_t atMs)
{
    return atMs - deletedFromMs(0);
}

std::int64_t number(SQLite::Database &database, const std::string &sql)
{
    return database.execAndGet(sql).getInt64();
}

/// One emptying; runs inside a transaction, with references unchecked: every table that names a sample is here.
class Deletion
{
public:
    Deletion(const Project &project, SQLite::Database &database, std::int64_t atMs)
        : m_project(project)
        , m_database(database)
        , m_before(std::to_string(dueBefore(atMs)))
    {
    }

    Emptied run()
    {
        deleteRuns();
        collect();
        if (m_emptied.imports > 0) {
            noteCaches();
            deleteFacts();
            deleteSamples();
            deleteImports();
        }
        return m_emptied;
    }

private:
    void deleteRuns()
    {
        SQLite::Statement due(m_database, "SELECT id FROM runs WHERE removed_at_ms <= " + m_before);
        while (due.executeStep()) {
            noteErasure(m_database, std::filesystem::path("runs") / due.getColumn(0).getString());
            ++m_emptied.runs;
        }
        m_database.exec(
            "DELETE FROM predictions WHERE run IN (SELECT number FROM runs WHERE removed_at_ms <= " + m_before + ")");
        m_database.exec("DELETE FROM runs WHERE removed_at_ms <= " + m_before);
    }

    void fill(const char *table, const std::string &select)
    {
        m_database.exec(std::string("CREATE TEMP TABLE IF NOT EXISTS ") + table + " (id INTEGER PRIMARY KEY)");
        m_database.exec(std::string("DELETE FROM temp.") + table);
        m_database.exec(std::string("INSERT OR IGNORE INTO temp.") + table + " " + select);
    }

    void collect()
    {
        fill("gone_imports", "SELECT id FROM imports WHERE removed_at_ms <= " + m_before);
        fill("gone", "SELECT id FROM samples WHERE import_id IN (SELECT id FROM temp.gone_imports)");
        fill("gone_crops", "SELECT crop_id FROM samples WHERE id IN (SELECT id FROM temp.gone) AND crop_id IS NOT NULL"
                           " EXCEPT SELECT crop_id FROM samples WHERE id NOT IN (SELECT id FROM temp.gone)");
        fill("gone_media",
             "SELECT media_id FROM samples WHERE id IN (SELECT id FROM temp.gone)"
             " UNION SELECT media_id FROM clips WHERE import_id IN (SELECT id FROM temp.gone_imports)"
             " EXCEPT SELECT media_id FROM samples WHERE id NOT IN (SELECT id FROM temp.gone)"
             " EXCEPT SELECT media_id FROM clips WHERE import_id NOT IN (SELECT id FROM temp.gone_imports)");
        m_emptied.imports = number(m_database, "SELECT count(*) FROM temp.gone_imports");
        m_emptied.samples = number(m_database, "SELECT count(*) FROM temp.gone");
    }

    /// Small pictures, strips and training packs are made again when they are needed.
    void noteCaches()
    {
        std::unordered_set<std::int64_t> gone;
        SQLite::Statement select(m_database, "SELECT id FROM temp.gone");
        while (select.executeStep())
            gone.insert(select.getColumn(0).getInt64());
        std::error_code error;
        if (!gone.empty() && std::filesystem::exists(m_project.folder() / "thumbs", error))
            noteErasure(m_database, "thumbs");
        if (number(m_database, "SELECT EXISTS (SELECT 1 FROM temp.gone_media)") != 0 &&
            std::filesystem::exists(m_project.folder() / "strips", error))
            noteErasure(m_database, "strips"); // a video's is made again by measuring
        for (const auto &entry : std::filesystem::directory_iterator(m_project.folder() / "packs", error)) {
            if (entry.is_directory(error) && holdsAny(entry.path() / "index.json", gone))
                noteErasure(m_database, std::filesystem::path("packs") / entry.path().filename());
        }
    }

    static bool holdsAny(const std::filesystem::path &index, const std::unordered_set<std::int64_t> &gone)
    {
        const auto text = readFile(index);
        const auto pack = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
        if (!pack.is_object() || !pack.contains("sample") || !pack["sample"].is_array())
            return true; // whatever it is, it is no pack that could be used
        return std::any_of(pack["sample"].begin(), pack["sample"].end(), [&](const nlohmann::json &id) {
            return id.is_number_integer() && gone.contains(id.get<std::int64_t>());
        });
    }

    void deleteFacts()
    {
        const char *const undoable[] = {"annotations", "tag_facts", "split_facts", "exclusion_facts", "flag_facts"};
        std::string edits, left = "SELECT id FROM temp.gone_edits";
        for (const char *table : undoable) {
            edits.append(edits.empty() ? "" : " UNION ")
                .append("SELECT edit_id FROM ")
                .append(table)
                .append(" WHERE sample_id IN (SELECT id FROM temp.gone)");
            left.append(" EXCEPT SELECT edit_id FROM ").append(table);
        }
        fill("gone_edits", edits);
        for (const char *table : undoable)
            deleteOfGone(table);
        for (const char *table : {"votes", "measures", "predictions", "score_details", "scores", "duplicates",
                                  "near_duplicates", "faces", "given_landmarks", "current_tags", "current_labels"})
            deleteOfGone(table);
        // An edit of which nothing is left would be an undo without effect.
        m_database.exec("DELETE FROM edits WHERE id IN (" + left + ")");
    }

    void deleteOfGone(const char *table)
    {
        m_database.exec(std::string("DELETE FROM ") + table + " WHERE sample_id IN (SELECT id FROM temp.gone)");
    }

    void deleteSamples()
    {
        // Ids are not used again: files of runs and queues speak of samples by them.
        m_database.exec(
            "INSERT INTO meta (key, value) VALUES ('last_sample', (SELECT coalesce(max(id), 0) FROM samples))"
            " ON CONFLICT (key) DO UPDATE SET value ="
            " max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))");
        m_database.exec("DELETE FROM samples WHERE id IN (SELECT id FROM temp.gone)");
        noteErasureOfCrops(m_database, "temp.gone_crops");
        m_database.exec("DELETE FROM crops WHERE id IN (SELECT id FROM temp.gone_crops)");
        m_database.exec("DELETE FROM clips WHERE import_id IN (SELECT id FROM temp.gone_imports)");
        m_database.exec("DELETE FROM extractions WHERE media_id IN (SELECT id FROM temp.gone_media)");
        m_database.exec("DELETE FROM extractions_begun WHERE media_id IN (SELECT id FROM temp.gone_media)"
                        " OR import_id IN (SELECT id FROM temp.gone_imports)");
        m_database.exec("DELETE FROM media WHERE id IN (SELECT id FROM temp.gone_media)");
    }

    void deleteImports()
    {
        SQLite::Statement due(m_database, "SELECT folder FROM imports WHERE id IN (SELECT id FROM temp.gone_imports)");
        while (due.executeStep())
            noteErasure(m_database, std::filesystem::path("imports") / due.getColumn(0).getString());
        fill("gone_sources", "SELECT source_id FROM imports WHERE id IN (SELECT id FROM temp.gone_imports)");
        m_database.exec("DELETE FROM imports WHERE id IN (SELECT id FROM temp.gone_imports)");
        m_database.exec("DELETE FROM subjects WHERE source_id IN (SELECT id FROM temp.gone_sources)"
                        " AND NOT EXISTS (SELECT 1 FROM samples s WHERE s.subject_id = subjects.id)"
                        " AND NOT EXISTS (SELECT 1 FROM media m WHERE m.subject_id = subjects.id)");
        m_database.exec("DELETE FROM sequences WHERE source_id IN (SELECT id FROM temp.gone_sources)"
                        " AND NOT EXISTS (SELECT 1 FROM samples s WHERE s.sequence_id = sequences.id)");
        m_database.exec("DELETE FROM sources WHERE id IN (SELECT id FROM temp.gone_sources)"
                        " AND NOT EXISTS (SELECT 1 FROM imports i WHERE i.source_id = sources.id)"
                        " AND NOT EXISTS (SELECT 1 FROM samples s WHERE s.source_id = sources.id)"
                        " AND NOT EXISTS (SELECT 1 FROM subjects j WHERE j.source_id = sources.id)");
        m_database.exec("DELETE FROM roots WHERE NOT EXISTS (SELECT 1 FROM sources o WHERE o.root_id = roots.id)"
                        " AND NOT EXISTS (SELECT 1 FROM media m WHERE m.root_id = roots.id)");
    }

    const Project &m_project;
    SQLite::Database &m_database;
    const std::string m_before;
    Emptied m_emptied;
};

} // namespace

bool isBinDue(const Project &project, std::int64_t atMs)
{
    return plain(project, [&]() -> bool {
        const std::string before = std::to_string(dueBefore(atMs));
        return hasErasures(project.database()) ||
               number(project.database(), "SELECT EXISTS (SELECT 1 FROM imports WHERE removed_at_ms <= " + before +
                                              ") OR EXISTS (SELECT 1 FROM runs WHERE removed_at_ms <= " + before +
                                              ")") != 0;
    });
}

Result<Emptied> emptyBin(Project &project, std::int64_t atMs)
{
    if (!isBinDue(project, atMs))
        return Emptied();
    const auto lock = CropLock::take(project.folder());
    if (!lock)
        return lock.error().code == ErrorCode::Conflict ? Result<Emptied>(Emptied()) : fail(lock.error());
    Emptied emptied;
    const auto deleted = guarded(project.folder() / "project.db", "Emptying the bin", [&]() -> Result<> {
        const UncheckedReferences unchecked(project.database());
        return project.change("Emptying the bin", [&](SQLite::Database &database) -> Result<> {
            emptied = Deletion(project, database, atMs).run();
            return {};
        });
    });
    if (!deleted)
        return fail(deleted.error());
    const auto bytes = carryOutErasures(project, *lock);
    if (!bytes)
        return fail(bytes.error());
    emptied.bytes = *bytes;
    return emptied;
}

} // namespace mien
