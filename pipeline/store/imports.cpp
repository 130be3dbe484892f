#include "pipeline/store/imports.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/crop_segments.h"
#include "pipeline/store/current_labels.h"
#include "pipeline/store/duplicates.h"
#include "pipeline/store/project.h"
#include "pipeline/store/stored_path.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

namespace mien {
namespace {

ImportRow rowOf(const Project &project, SQLite::Statement &select)
{
    ImportRow row;
    row.id = {select.getColumn(0).getInt64()};
    row.importer = select.getColumn(1).getString();
    row.variant = select.getColumn(2).getString();
    const std::string root = bytesOf(select.getColumn(4));
    row.root = rootPath(project, select.getColumn(3).getInt() != 0, root);
    row.folder = project.folder() / "imports" / select.getColumn(5).getString();
    row.startedAtMs = select.getColumn(6).getInt64();
    if (!select.getColumn(7).isNull())
        row.finishedAtMs = select.getColumn(7).getInt64();
    if (!select.getColumn(8).isNull())
        row.removedAtMs = select.getColumn(8).getInt64();
    row.samples = select.getColumn(9).getInt64();
    row.clips = select.getColumn(10).getInt64();
    row.kind = static_cast<ImportKind>(select.getColumn(11).getInt());
    row.settingsHash = select.getColumn(12).getString();
    return row;
}

constexpr const char *columns =
    "SELECT i.id, o.importer, o.variant, r.in_project, r.path, i.folder, i.started_at_ms, i.finished_at_ms,"
    " i.removed_at_ms, (SELECT count(*) FROM samples s WHERE s.import_id = i.id),"
    " (SELECT count(*) FROM clips c WHERE c.import_id = i.id), i.kind, i.settings_hash"
    " FROM imports i JOIN sources o ON o.id = i.source_id JOIN roots r ON r.id = o.root_id ";

std::vector<ImportRow> importsWhere(const Project &project, const char *where)
{
    return plain(project, [&]() -> std::vector<ImportRow> {
        SQLite::Statement select(project.database(), std::string(columns) + where + " ORDER BY i.id");
        std::vector<ImportRow> rows;
        while (select.executeStep())
            rows.push_back(rowOf(project, select));
        return rows;
    });
}

Result<ImportRow> importNamed(const Project &project, SQLite::Database &database, ImportId import)
{
    SQLite::Statement select(database, std::string(columns) + "WHERE i.id = ?");
    select.bind(1, import.value);
    if (!select.executeStep())
        return fail(ErrorCode::NotFound, "There is no import " + std::to_string(import.value) +
                                             " in this project; mien imports list shows them.");
    return rowOf(project, select);
}

/// The extractions from videos that an import brought.
std::vector<ImportId> extractionsFrom(SQLite::Database &database, ImportId import)
{
    SQLite::Statement select(database, "SELECT DISTINCT s.import_id FROM clips c JOIN samples s"
                                       " ON s.media_id = c.media_id AND s.import_id <> ?1 WHERE c.import_id = ?1");
    select.bind(1, import.value);
    std::vector<ImportId> found;
    while (select.executeStep())
        found.push_back({select.getColumn(0).getInt64()});
    return found;
}

void setRemoved(SQLite::Database &database, ImportId import, std::optional<std::int64_t> atMs)
{
    SQLite::Statement update(database, "UPDATE imports SET removed_at_ms = ? WHERE id = ?");
    if (atMs)
        update.bind(1, *atMs);
    update.bind(2, import.value);
    update.exec();
    refreshCurrentOfImport(database, import);
    groupDuplicates(database, import);
}

/// Stores the `removedAtMs` that `decide` gives the import, and what follows from it.
Result<ImportRow> changeRemoval(Project &project, ImportId import, const std::string &what,
                                Result<> (*decide)(ImportRow &))
{
    // Held until the end: a running import would go on adding samples.
    const auto lock = CropLock::take(project.folder());
    if (!lock)
        return fail(lock.error());
    ImportRow row;
    const auto changed = project.change(what, [&](SQLite::Database &database) -> Result<> {
        auto found = importNamed(project, database, import);
        if (!found)
            return fail(found.error());
        row = std::move(*found);
        if (const auto decided = decide(row); !decided)
            return decided;
        for (const ImportId extraction : extractionsFrom(database, import))
            setRemoved(database, extraction, row.removedAtMs);
        setRemoved(database, import, row.removedAtMs);
        return {};
    });
    if (!changed)
        return fail(changed.error());
    return row;
}

} // namespace

std::vector<ImportRow> imports(const Project &project)
{
    return importsWhere(project, "WHERE i.removed_at_ms IS NULL");
}

std::vector<ImportRow> removedImports(const Project &project)
{
    return importsWhere(project, "WHERE i.removed_at_ms IS NOT NULL");
}

VotedSamples votedSamples(const Project &project, ImportId import)
{
    return plain(project, [&]() -> VotedSamples {
        SQLite::Statement select(project.database(),
                                 "SELECT count(*), count(v.sample_id) FROM samples s"
                                 " LEFT JOIN votes v ON v.sample_id = s.id"
                                 " WHERE s.source_id = (SELECT source_id FROM imports WHERE id = ?)");
        select.bind(1, import.value);
        select.executeStep();
        return {select.getColumn(0).getInt64(), select.getColumn(1).getInt64()};
    });
}

Result<ImportRow> removeImport(Project &project, ImportId import)
{
    return changeRemoval(project, import, "Removing the import", [](ImportRow &row) -> Result<> {
        const std::string name = "Import " + std::to_string(row.id.value);
        if (row.removedAtMs)
            return fail(ErrorCode::Conflict, name + " was removed already.");
        if (row.samples == 0 && row.clips == 0)
            return fail(ErrorCode::Conflict, name +
                                                 " holds no samples: it only added to others, or a later import of " +
                                                 row.root.string() + " has taken them over.");
        row.removedAtMs = nowMs();
        return {};
    });
}

Result<ImportRow> restoreImport(Project &project, ImportId import)
{
    return changeRemoval(project, import, "Restoring the import", [](ImportRow &row) -> Result<> {
        if (!row.removedAtMs)
            return fail(ErrorCode::NotFound, "Import " + std::to_string(row.id.value) + " is not in the bin.");
        row.removedAtMs.reset();
        return {};
    });
}

} // namespace mien
