#include "pipeline/store/snapshots.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/connection.h"
#include "pipeline/store/hash.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/snapshot_file.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <unistd.h>

namespace mien {
namespace {

std::filesystem::path fileOf(const Project &project, const std::string &hash)
{
    return project.folder() / "snapshots" / (hash + ".json");
}

Result<std::vector<SnapshotSample>> samplesNow(const Project &project, std::string_view filter)
{
    auto ids = samplesMatching(project, filter);
    if (!ids)
        return fail(ids.error());
    return guarded(project.folder() / "project.db", "Making a snapshot", [&]() -> Result<std::vector<SnapshotSample>> {
        SQLite::Statement select(project.database(),
                                 "SELECT o.importer, s.source_key, k.name, c.state, c.split, j.name, d.group_id"
                                 " FROM current_labels c JOIN samples s ON s.id = c.sample_id"
                                 " JOIN sources o ON o.id = s.source_id LEFT JOIN classes k ON k.id = c.class_id"
                                 " LEFT JOIN subjects j ON j.id = s.subject_id"
                                 " LEFT JOIN duplicates d ON d.sample_id = s.id WHERE c.sample_id = ?");
        std::vector<SnapshotSample> samples;
        samples.reserve(ids->size());
        for (const SampleId id : *ids) {
            select.reset();
            select.bind(1, id.value);
            if (!select.executeStep())
                continue;
            SnapshotSample sample;
            sample.id = id;
            sample.source = select.getColumn(0).getString();
            sample.key = select.getColumn(1).getString();
            const auto state = static_cast<LabelState>(select.getColumn(3).getInt());
            sample.label = state == LabelState::Ok ? select.getColumn(2).getString() : std::string(nameOf(state));
            sample.split = static_cast<Split>(select.getColumn(4).getInt());
            sample.subject = select.getColumn(5).getString();
            sample.group = select.getColumn(6).getInt64();
            samples.push_back(std::move(sample));
        }
        return samples;
    });
}

SnapshotRow rowOf(SQLite::Statement &select)
{
    return {select.getColumn(0).getString(), select.getColumn(1).getString(), select.getColumn(2).getInt64(),
            select.getColumn(3).getInt64()};
}

constexpr const char *columns = "SELECT hash, name, samples, at_ms FROM snapshots ";

} // namespace

Result<SnapshotRow> createSnapshot(Project &project, std::string_view filter, const std::string &name)
{
    if (!project.isWritable())
        return fail(ErrorCode::Conflict, project.readOnlyReason().empty() ? "The project was opened for reading only."
                                                                          : project.readOnlyReason());
    const auto samples = samplesNow(project, filter);
    if (!samples)
        return fail(samples.error());
    if (samples->empty())
        return fail(ErrorCode::NotFound, "No sample matches '" + std::string(filter) + "': there is nothing to keep.");
    const std::string hash = snapshotHash(*samples);
    const std::filesystem::path file = fileOf(project, hash);
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    if (error)
        return fail(systemError(error.value(), file.parent_path(), "could not be made"));
    // While its temporary name is there too, the file may lack its row: whoever finds that name of a dead process
    // knows that the snapshot was not stored (clearLeftovers()).
    std::filesystem::path beside;
    if (!std::filesystem::exists(file, error)) {
        const std::string text = snapshotJson(hash, *samples);
        const auto written =
            writeFileBeside(file, std::span(reinterpret_cast<const std::uint8_t *>(text.data()), text.size()));
        if (!written)
            return fail(written.error());
        beside = *written;
    }
    const auto stored = project.change("Making a snapshot", [&](SQLite::Database &database) -> Result<> {
        if (!beside.empty() && ::link(beside.c_str(), file.c_str()) != 0 && errno != EEXIST &&
            ::rename(beside.c_str(), file.c_str()) != 0) // no links on this file system
            return fail(systemError(errno, file, "could not be written"));
        if (const auto synced = syncFolder(file.parent_path()); !synced)
            return synced;
        SQLite::Statement insert(database, "INSERT OR IGNORE INTO snapshots (hash, name, samples, at_ms)"
                                           " VALUES (?, ?, ?, ?)");
        insert.bind(1, hash);
        insert.bind(2, name);
        insert.bind(3, static_cast<std::int64_t>(samples->size()));
        insert.bind(4, nowMs());
        insert.exec();
        return {};
    });
    if (!stored && !beside.empty())
        ::unlink(file.c_str());
    if (!beside.empty())
        ::unlink(beside.c_str());
    if (!stored)
        return fail(stored.error());
    return snapshotNamed(project, hash);
}

namespace {

/// Tables of the temporary schema come before those of the file: while this lives, filters see the labels and splits
/// of a snapshot, and no sample that is not in it.
class LabelsOfThen
{
public:
    LabelsOfThen(const Project &project, const std::vector<SnapshotSample> &samples)
        : m_database(project.database())
    {
        drop();
        m_database.exec("CREATE TEMP TABLE current_labels AS SELECT * FROM main.current_labels WHERE 0");
        SQLite::Statement insert(m_database,
                                 "INSERT INTO temp.current_labels (sample_id, class_id, state, given_class, split,"
                                 " excluded, reviews, flag, predicted, suspicion)"
                                 " SELECT sample_id, ?2, ?3, given_class, ?4, 0, reviews, flag, predicted, suspicion"
                                 " FROM main.current_labels WHERE sample_id = ?1");
        for (const SnapshotSample &sample : samples) {
            const auto state = labelStateNamed(sample.label);
            const auto label = state ? std::nullopt : project.classNamed(sample.label);
            insert.bind(1, sample.id.value);
            if (label)
                insert.bind(2, label->value);
            else
                insert.bind(2);
            insert.bind(3, static_cast<int>(state.value_or(LabelState::Ok)));
            insert.bind(4, static_cast<int>(sample.split));
            insert.exec();
            insert.reset();
        }
    }
    ~LabelsOfThen() { drop(); }
    LabelsOfThen(const LabelsOfThen &) = delete;
    LabelsOfThen &operator=(const LabelsOfThen &) = delete;

private:
    void drop() { m_database.exec("DROP TABLE IF EXISTS temp.current_labels"); }

    SQLite::Database &m_database;
};

} // namespace

std::vector<SnapshotRow> snapshots(const Project &project)
{
    return plain(project, [&]() -> std::vector<SnapshotRow> {
        SQLite::Statement select(project.database(), std::string(columns) + "ORDER BY at_ms, hash");
        std::vector<SnapshotRow> rows;
        while (select.executeStep())
            rows.push_back(rowOf(select));
        return rows;
    });
}

Result<SnapshotRow> snapshotNamed(const Project &project, std::string_view hashOrPrefix)
{
    return guarded(project.folder() / "project.db", "Reading snapshots", [&]() -> Result<SnapshotRow> {
        const std::string prefix(hashOrPrefix);
        SQLite::Statement select(project.database(),
                                 std::string(columns) + "WHERE ?1 <> '' AND substr(hash, 1, length(?1)) = ?1 LIMIT 2");
        select.bind(1, prefix);
        if (!select.executeStep())
            return fail(ErrorCode::NotFound, "There is no snapshot '" + prefix + "' in this project.");
        SnapshotRow row = rowOf(select);
        if (select.executeStep())
            return fail(ErrorCode::Invalid, "More than one snapshot begins with '" + prefix + "'. Give more digits.");
        return row;
    });
}

Result<std::vector<SnapshotSample>> snapshotSamples(const Project &project, std::string_view hashOrPrefix,
                                                    std::string_view filter)
{
    const auto row = snapshotNamed(project, hashOrPrefix);
    if (!row)
        return fail(row.error());
    const std::filesystem::path file = fileOf(project, row->hash);
    const auto text = readFile(file);
    if (!text)
        return fail(text.error());
    auto samples = snapshotFromJson(*text, file);
    if (samples && snapshotHash(*samples) != row->hash)
        return fail(ErrorCode::Unreadable, file.string() + " is damaged: its content does not fit its name.");
    if (!samples || filter.empty())
        return samples;
    auto matching = guarded(project.folder() / "project.db", "Reading a snapshot", [&] {
        const LabelsOfThen labels(project, *samples);
        return samplesMatching(project, filter);
    });
    if (!matching)
        return fail(matching.error());
    std::sort(matching->begin(), matching->end());
    std::erase_if(*samples, [&](const SnapshotSample &sample) {
        return !std::binary_search(matching->begin(), matching->end(), sample.id);
    });
    return samples;
}

Result<SnapshotDiff> diffSnapshots(const Project &project, std::string_view a, std::string_view b)
{
    const auto before = snapshotSamples(project, a);
    if (!before)
        return fail(before.error());
    const auto after = snapshotSamples(project, b);
    if (!after)
        return fail(after.error());

    std::multimap<std::pair<std::string_view, std::string_view>, const SnapshotSample *> inA;
    for (const SnapshotSample &sample : *before)
        inA.emplace(std::pair<std::string_view, std::string_view>(sample.source, sample.key), &sample);
    SnapshotDiff diff;
    for (const SnapshotSample &sample : *after) {
        const auto found = inA.find({sample.source, sample.key});
        if (found == inA.end()) {
            ++diff.added;
            diff.onlyInB.push_back(sample);
            continue;
        }
        const SnapshotSample &old = *found->second;
        const bool relabelled = old.label != sample.label;
        const bool resplit = old.split != sample.split;
        diff.relabelled += relabelled ? 1 : 0;
        diff.resplit += resplit ? 1 : 0;
        if (relabelled || resplit)
            diff.changed.emplace_back(old, sample);
        inA.erase(found);
    }
    for (const auto &[key, sample] : inA) {
        ++diff.removed;
        diff.onlyInA.push_back(*sample);
    }
    return diff;
}

} // namespace mien
