#include "pipeline/store/runs.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/connection.h"
#include "pipeline/store/current_labels.h"
#include "pipeline/store/project.h"
#include "pipeline/store/schema.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <nlohmann/json.hpp>

#include <cstdlib>

namespace mien {
namespace {

constexpr const char *runColumns = "SELECT id, network, recipe, snapshot, state, device, config_json, metrics_json,"
                                   " folds, seed, started_at_ms, finished_at_ms, samples, removed_at_ms FROM runs ";

RunRow runOf(SQLite::Statement &row)
{
    RunRow run;
    run.id = row.getColumn(0).getString();
    run.network = row.getColumn(1).getString();
    run.recipe = row.getColumn(2).getString();
    run.snapshot = row.getColumn(3).getString();
    run.state = row.getColumn(4).getString();
    run.device = row.getColumn(5).getString();
    run.configJson = row.getColumn(6).getString();
    run.metricsJson = row.getColumn(7).getString();
    run.folds = row.getColumn(8).getInt();
    run.seed = row.getColumn(9).getInt64();
    run.startedAtMs = row.getColumn(10).getInt64();
    if (!row.getColumn(11).isNull())
        run.finishedAtMs = row.getColumn(11).getInt64();
    run.samples = row.getColumn(12).getInt64();
    if (!row.getColumn(13).isNull())
        run.removedAtMs = row.getColumn(13).getInt64();
    return run;
}

void bindRun(SQLite::Statement &statement, const RunRow &run)
{
    statement.bind(2, run.network);
    statement.bind(3, run.recipe);
    statement.bind(4, run.snapshot);
    statement.bind(5, run.state);
    statement.bind(6, run.device);
    statement.bind(7, run.configJson);
    statement.bind(8, run.metricsJson);
    statement.bind(9, run.folds);
    statement.bind(10, run.seed);
    statement.bind(11, run.startedAtMs);
    if (run.finishedAtMs)
        statement.bind(12, *run.finishedAtMs);
    statement.bind(13, run.samples);
}

std::optional<std::int64_t> numberOf(SQLite::Database &database, const std::string &run)
{
    SQLite::Statement select(database, "SELECT number FROM runs WHERE id = ?");
    select.bind(1, run);
    if (!select.executeStep())
        return std::nullopt;
    return select.getColumn(0).getInt64();
}

tl::unexpected<Error> noRun(const std::string &id)
{
    return fail(ErrorCode::NotFound, "There is no run '" + id + "' in this project.");
}

void setMeta(SQLite::Database &database, const char *key, std::int64_t value)
{
    SQLite::Statement upsert(database, "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)");
    upsert.bind(1, key);
    upsert.bind(2, std::to_string(value));
    upsert.exec();
}

/// What is predicted for samples without scores comes from this run.
void predictBy(SQLite::Database &database, std::int64_t run)
{
    setMeta(database, "predicting_run", run);
    SQLite::Statement update(database, "UPDATE current_labels SET predicted = (SELECT r.class_id FROM predictions r"
                                       " WHERE r.run = ? AND r.sample_id = current_labels.sample_id)"
                                       " WHERE sample_id NOT IN (SELECT sample_id FROM scores)");
    update.bind(1, run);
    update.exec();
}

void predictByNewest(SQLite::Database &database)
{
    SQLite::Statement newest(database, "SELECT max(number) FROM runs r WHERE removed_at_ms IS NULL"
                                       " AND EXISTS (SELECT 1 FROM predictions p WHERE p.run = r.number)");
    newest.executeStep();
    predictBy(database, newest.getColumn(0).getInt64());
}

std::vector<RunRow> runsWhere(const Project &project, const char *where)
{
    return plain(project, [&]() -> std::vector<RunRow> {
        SQLite::Statement select(project.database(), std::string(runColumns) + where + "ORDER BY number");
        std::vector<RunRow> rows;
        while (select.executeStep())
            rows.push_back(runOf(select));
        return rows;
    });
}

bool holdsFiles(const std::filesystem::path &folder)
{
    std::error_code error;
    return std::filesystem::is_directory(folder, error) && !std::filesystem::is_empty(folder, error);
}

} // namespace

std::string settingOf(const RunRow &run, const std::string &key)
{
    const auto configuration = nlohmann::json::parse(run.configJson, nullptr, false);
    const auto set =
        configuration.is_object() ? configuration.value("set", nlohmann::json::object()) : nlohmann::json::object();
    const auto found = set.find(key);
    if (found == set.end())
        return {};
    return found->is_string() ? found->get<std::string>() : found->dump();
}

bool learnedLabels(const RunRow &run)
{
    const std::string share = settingOf(run, "pretrain");
    return share.empty() || std::strtod(share.c_str(), nullptr) < 1;
}

Result<RunRow> finishedRun(const Project &project, const std::string &id)
{
    auto run = runNamed(project, id);
    if (!run)
        return fail(ErrorCode::NotFound, "There is no run " + id + "; mien runs list shows them.");
    if (run->state != "done")
        return fail(ErrorCode::Conflict, "Run " + id + " is not finished (" + run->state + "); mien train --resume " +
                                             id + " goes on with it.");
    return std::move(*run);
}

Result<std::string> addRun(Project &project, const RunRow &run)
{
    std::string id;
    const auto added = project.change("Adding a run", [&](SQLite::Database &database) -> Result<> {
        // Ids of removed runs are not used again: their names may stand in notes and reports.
        std::int64_t number =
            database
                .execAndGet("SELECT max(coalesce((SELECT max(number) FROM runs), 0),"
                            " coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'last_run'), 0)) + 1")
                .getInt64();
        // A restored backup does not know the newest runs, but their networks are still there.
        while (holdsFiles(project.folder() / "runs" / ("r" + std::to_string(number))))
            ++number;
        setMeta(database, "last_run", number);
        id = "r" + std::to_string(number);
        SQLite::Statement insert(database,
                                 "INSERT INTO runs (id, network, recipe, snapshot, state, device, config_json,"
                                 " metrics_json, folds, seed, started_at_ms, finished_at_ms, samples, number)"
                                 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        bindRun(insert, run);
        insert.bind(1, id);
        insert.bind(14, number);
        insert.exec();
        std::error_code error;
        const std::filesystem::path folder = project.folder() / "runs" / id;
        std::filesystem::create_directories(folder, error);
        if (error)
            return fail(systemError(error.value(), folder, "could not be made"));
        return {};
    });
    if (!added)
        return fail(added.error());
    return id;
}

Result<> updateRun(Project &project, const RunRow &run)
{
    return project.change("Updating run " + run.id, [&](SQLite::Database &database) -> Result<> {
        SQLite::Statement update(database,
                                 "UPDATE runs SET network = ?2, recipe = ?3, snapshot = ?4, state = ?5, device = ?6,"
                                 " config_json = ?7, metrics_json = ?8, folds = ?9, seed = ?10, started_at_ms = ?11,"
                                 " finished_at_ms = ?12, samples = ?13 WHERE id = ?1");
        bindRun(update, run);
        update.bind(1, run.id);
        if (update.exec() == 0)
            return noRun(run.id);
        return {};
    });
}

std::vector<RunRow> runs(const Project &project)
{
    return runsWhere(project, "WHERE removed_at_ms IS NULL ");
}

std::vector<RunRow> removedRuns(const Project &project)
{
    return runsWhere(project, "WHERE removed_at_ms IS NOT NULL ");
}

std::optional<RunRow> runNamed(const Project &project, const std::string &id)
{
    return plain(project, [&]() -> std::optional<RunRow> {
        SQLite::Statement select(project.database(),
                                 std::string(runColumns) + "WHERE id = ? AND removed_at_ms IS NULL");
        select.bind(1, id);
        if (!select.executeStep())
            return std::nullopt;
        return runOf(select);
    });
}

Result<> removeRun(Project &project, const std::string &id)
{
    return project.change("Removing run " + id, [&](SQLite::Database &database) -> Result<> {
        SQLite::Statement remove(database, "UPDATE runs SET removed_at_ms = ? WHERE id = ? AND removed_at_ms IS NULL");
        remove.bind(1, nowMs());
        remove.bind(2, id);
        if (remove.exec() == 0)
            return noRun(id);
        predictByNewest(database);
        return {};
    });
}

Result<> restoreRun(Project &project, const std::string &id)
{
    return project.change("Restoring run " + id, [&](SQLite::Database &database) -> Result<> {
        SQLite::Statement restore(database, "UPDATE runs SET removed_at_ms = NULL WHERE id = ?"
                                            " AND removed_at_ms IS NOT NULL");
        restore.bind(1, id);
        if (restore.exec() == 0)
            return fail(ErrorCode::NotFound, "There is no run '" + id + "' in the bin.");
        predictByNewest(database);
        return {};
    });
}

Result<> deleteRun(Project &project, const std::string &id)
{
    const auto deleted = project.change("Deleting run " + id, [&](SQLite::Database &database) -> Result<> {
        SQLite::Statement remove(database, "DELETE FROM runs WHERE id = ?");
        remove.bind(1, id);
        if (remove.exec() == 0)
            return noRun(id);
        predictByNewest(database);
        return {};
    });
    if (!deleted)
        return deleted;
    std::error_code error;
    const std::filesystem::path folder = project.folder() / "runs" / id;
    std::filesystem::remove_all(folder, error);
    if (error)
        return fail(systemError(error.value(), folder, "could not be removed"));
    return {};
}

Result<> storePredictions(Project &project, const std::string &run, const std::vector<PredictionRow> &rows)
{
    return project.change("Storing predictions of run " + run, [&](SQLite::Database &database) -> Result<> {
        const auto number = numberOf(database, run);
        if (!number)
            return noRun(run);
        SQLite::Statement remove(database, "DELETE FROM predictions WHERE run = ?");
        remove.bind(1, *number);
        remove.exec();
        SQLite::Statement insert(database, "INSERT INTO predictions (run, sample_id, class_id, label_at_training, fold,"
                                           " probability) VALUES (?, ?, ?, ?, ?, ?)");
        insert.bind(1, *number);
        for (const PredictionRow &row : rows) {
            insert.bind(2, row.sample.value);
            insert.bind(3, row.predicted.value);
            if (row.labelAtTraining)
                insert.bind(4, row.labelAtTraining.value);
            else
                insert.bind(4);
            insert.bind(5, row.fold);
            insert.bind(6, static_cast<double>(row.probability));
            insert.exec();
            insert.reset();
        }
        predictBy(database, *number);
        return {};
    });
}

std::vector<PredictionRow> predictionsOf(const Project &project, const std::string &run)
{
    return plain(project, [&]() -> std::vector<PredictionRow> {
        SQLite::Statement select(project.database(),
                                 "SELECT sample_id, class_id, label_at_training, fold, probability"
                                 " FROM predictions WHERE run = (SELECT number FROM runs WHERE id = ?)"
                                 " AND sample_id IN (SELECT sample_id FROM current_labels) ORDER BY sample_id");
        select.bind(1, run);
        std::vector<PredictionRow> rows;
        while (select.executeStep()) {
            PredictionRow row;
            row.sample = {select.getColumn(0).getInt64()};
            row.predicted = {select.getColumn(1).getInt64()};
            row.labelAtTraining = {select.getColumn(2).getInt64()};
            row.fold = select.getColumn(3).getInt();
            row.probability = static_cast<float>(select.getColumn(4).getDouble());
            rows.push_back(row);
        }
        return rows;
    });
}

} // namespace mien
