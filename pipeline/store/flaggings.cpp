#include "pipeline/store/connection.h"
#include "pipeline/store/current_labels.h"
#include "pipeline/store/project.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/schema.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <nlohmann/json.hpp>

#include <cstring>

namespace mien {
namespace {

void bindClass(SQLite::Statement &statement, int index, ClassId id)
{
    if (id)
        statement.bind(index, id.value);
    else
        statement.bind(index);
}

std::int64_t insertFlagging(SQLite::Database &database, const FlaggingRow &flagging, const std::vector<ScoreRow> &rows)
{
    std::int64_t flagged = 0;
    for (const ScoreRow &row : rows)
        flagged += row.flagged ? 1 : 0;
    SQLite::Statement insert(database, "INSERT INTO flaggings (run, method, threshold, way, model_hash,"
                                       " preprocessing_hash, classes_json, at_ms, flagged)"
                                       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insert.bind(1, flagging.run);
    insert.bind(2, flagging.method);
    insert.bind(3, flagging.threshold);
    insert.bind(4, flagging.way);
    insert.bind(5, flagging.modelHash);
    insert.bind(6, flagging.preprocessingHash);
    insert.bind(7, nlohmann::json(flagging.classes).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    insert.bind(8, flagging.atMs ? flagging.atMs : nowMs());
    insert.bind(9, flagged);
    insert.exec();
    return database.getLastInsertRowid();
}

void insertScores(SQLite::Database &database, std::int64_t flagging, const std::vector<ScoreRow> &rows)
{
    SQLite::Statement score(database,
                            "INSERT INTO scores (sample_id, flagging_id, scored_class, crop_id, flagged, in_sample,"
                            " predicted, suggested, arbex_class, suspicion, eac_noise, eac_inconsistency, eac_spread,"
                            " arbex_noise, arbex_confidence, self_confidence, margin, cl_noise)"
                            " VALUES (?1, ?2, ?3, (SELECT crop_id FROM samples WHERE id = ?1), ?4, ?5, ?6, ?7, ?8,"
                            " ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)");
    SQLite::Statement detail(database, "INSERT INTO score_details (sample_id, probabilities, details_json,"
                                       " reasons_json) VALUES (?, ?, ?, ?)");
    for (const ScoreRow &row : rows) {
        score.bind(1, row.sample.value);
        score.bind(2, flagging);
        bindClass(score, 3, row.scoredLabel);
        score.bind(4, row.flagged ? 1 : 0);
        score.bind(5, row.inSample ? 1 : 0);
        bindClass(score, 6, row.predicted);
        bindClass(score, 7, row.suggested);
        bindClass(score, 8, row.arbexLabel);
        int index = 9;
        for (const double value : {row.suspicion, row.eacNoise, row.eacInconsistency, row.eacSpread, row.arbexNoise,
                                   row.arbexConfidence, row.selfConfidence, row.margin, row.clNoise})
            score.bind(index++, value);
        score.exec();
        score.reset();

        detail.bind(1, row.sample.value);
        detail.bindNoCopy(2, static_cast<const void *>(row.probabilities.data()),
                          static_cast<int>(row.probabilities.size() * sizeof(float)));
        if (row.probabilities.empty())
            detail.bind(2, "", 0);
        detail.bindNoCopy(3, row.detailsJson);
        detail.bindNoCopy(4, row.reasonsJson);
        detail.exec();
        detail.reset();
    }
}

/// Shares of attention are measures, but those of the current flagging alone, as the scores are.
void insertAttention(SQLite::Database &database, const std::string &modelHash, const std::vector<ScoreRow> &rows)
{
    database.exec("DELETE FROM measures WHERE name_id IN"
                  " (SELECT id FROM measure_names WHERE name LIKE 'attention.%')");
    database.exec("DELETE FROM measure_names WHERE name LIKE 'attention.%'");
    SQLite::Statement add(database, "INSERT INTO measure_names (name) VALUES (?) RETURNING id");
    SQLite::Statement insert(database,
                             "INSERT INTO measures (name_id, sample_id, value, parameters_hash) VALUES (?, ?, ?, ?)");
    std::map<std::string, std::int64_t> names;
    for (const ScoreRow &row : rows) {
        for (const auto &[name, value] : row.attention) {
            auto known = names.find(name);
            if (known == names.end()) {
                add.bind(1, name);
                add.executeStep();
                known = names.emplace(name, add.getColumn(0).getInt64()).first;
                add.reset();
            }
            insert.bind(1, known->second);
            insert.bind(2, row.sample.value);
            insert.bind(3, value);
            insert.bindNoCopy(4, modelHash);
            insert.exec();
            insert.reset();
        }
    }
}

ClassId classIn(const SQLite::Column &column)
{
    return {column.getInt64()}; // NULL reads as 0: none
}

} // namespace

Result<std::int64_t> storeFlagging(Project &project, const FlaggingRow &flagging, const std::vector<ScoreRow> &rows)
{
    std::int64_t id = 0;
    const auto stored = project.change("Storing scores", [&](SQLite::Database &database) -> Result<> {
        dropScoreIndexes(database);
        database.exec("DELETE FROM score_details");
        database.exec("DELETE FROM scores");
        id = insertFlagging(database, flagging, rows);
        insertScores(database, id, rows);
        insertAttention(database, flagging.modelHash, rows);
        refreshCurrentOfAll(database); // flag, suspicion and prediction of every sample change
        ensureIndexes(database);
        return {};
    });
    if (!stored)
        return fail(stored.error());
    return id;
}

std::optional<FlaggingRow> currentFlagging(const Project &project)
{
    return plain(project, [&]() -> std::optional<FlaggingRow> {
        SQLite::Statement select(project.database(), "SELECT id, run, method, threshold, way, model_hash,"
                                                     " preprocessing_hash, classes_json, at_ms, flagged FROM flaggings"
                                                     " ORDER BY id DESC LIMIT 1");
        if (!select.executeStep())
            return std::nullopt;
        FlaggingRow row;
        row.id = select.getColumn(0).getInt64();
        row.run = select.getColumn(1).getString();
        row.method = select.getColumn(2).getString();
        row.threshold = select.getColumn(3).getDouble();
        row.way = select.getColumn(4).getString();
        row.modelHash = select.getColumn(5).getString();
        row.preprocessingHash = select.getColumn(6).getString();
        const auto classes = nlohmann::json::parse(select.getColumn(7).getString(), nullptr, false);
        for (const auto &name : classes) {
            if (name.is_string())
                row.classes.push_back(name.get<std::string>());
        }
        row.atMs = select.getColumn(8).getInt64();
        row.flagged = select.getColumn(9).getInt64();
        return row;
    });
}

std::optional<ScoreRow> scoreOf(const Project &project, SampleId sample)
{
    return plain(project, [&]() -> std::optional<ScoreRow> {
        SQLite::Statement select(
            project.database(),
            "SELECT k.scored_class, k.flagged, k.in_sample, k.predicted, k.suggested, k.arbex_class,"
            " k.suspicion, k.eac_noise, k.eac_inconsistency, k.eac_spread, k.arbex_noise,"
            " k.arbex_confidence, k.self_confidence, k.margin, k.cl_noise, d.probabilities,"
            " d.details_json, d.reasons_json"
            " FROM scores k LEFT JOIN score_details d ON d.sample_id = k.sample_id"
            " WHERE k.sample_id = ?");
        select.bind(1, sample.value);
        if (!select.executeStep())
            return std::nullopt;
        ScoreRow row;
        row.sample = sample;
        row.scoredLabel = classIn(select.getColumn(0));
        row.flagged = select.getColumn(1).getInt() != 0;
        row.inSample = select.getColumn(2).getInt() != 0;
        row.predicted = classIn(select.getColumn(3));
        row.suggested = classIn(select.getColumn(4));
        row.arbexLabel = classIn(select.getColumn(5));
        int index = 6;
        for (double *value : {&row.suspicion, &row.eacNoise, &row.eacInconsistency, &row.eacSpread, &row.arbexNoise,
                              &row.arbexConfidence, &row.selfConfidence, &row.margin, &row.clNoise})
            *value = select.getColumn(index++).getDouble();
        const auto probabilities = select.getColumn(15);
        row.probabilities.resize(static_cast<std::size_t>(probabilities.getBytes()) / sizeof(float));
        if (!row.probabilities.empty())
            std::memcpy(row.probabilities.data(), probabilities.getBlob(), row.probabilities.size() * sizeof(float));
        row.detailsJson = select.getColumn(16).getString();
        row.reasonsJson = select.getColumn(17).getString();
        return row;
    });
}

Result<std::vector<SampleId>> flaggedSamples(const Project &project, std::string_view state,
                                             std::optional<std::int64_t> top)
{
    const std::string filter = state.empty() ? "has:score" : "flag:" + std::string(state);
    return samplesMatching(project, filter, {"suspicion", true}, top);
}

FlagCounts flagCounts(const Project &project)
{
    return plain(project, [&]() -> FlagCounts {
        SQLite::Statement select(project.database(), "SELECT flag, count(*) FROM current_labels WHERE flag IN (1, 2, 3)"
                                                     " GROUP BY flag");
        FlagCounts counts;
        while (select.executeStep()) {
            const std::int64_t samples = select.getColumn(1).getInt64();
            switch (static_cast<FlagState>(select.getColumn(0).getInt())) {
            case FlagState::Open: counts.open = samples; break;
            case FlagState::Accepted: counts.accepted = samples; break;
            case FlagState::Rejected: counts.rejected = samples; break;
            case FlagState::None: break;
            }
        }
        return counts;
    });
}

} // namespace mien
