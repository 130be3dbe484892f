#include "pipeline/store/import_writer.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/connection.h"
#include "pipeline/store/crop_segments.h"
#include "pipeline/store/current_labels.h"
#include "pipeline/store/duplicates.h"
#include "pipeline/store/hash.h"
#include "pipeline/store/project.h"
#include "pipeline/store/schema.h"
#include "pipeline/store/vote_counts.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstring>
#include <ctime>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace mien {
namespace {

/// Projects smaller than this get the indexes of `current_labels` built after the load.
constexpr std::int64_t bulkLoadBelow = 100'000;

std::string timeStamp(std::int64_t atMs)
{
    const std::time_t seconds = static_cast<std::time_t>(atMs / 1000);
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc);
    return text;
}

void bindBlob(SQLite::Statement &statement, int index, std::string_view bytes)
{
    statement.bindNoCopy(index, static_cast<const void *>(bytes.data()), static_cast<int>(bytes.size()));
}

void bindHash(SQLite::Statement &statement, int index, const std::optional<Hash128> &hash)
{
    if (hash)
        statement.bindNoCopy(index, static_cast<const void *>(hash->data()), static_cast<int>(hash->size()));
    else
        statement.bind(index);
}

template <typename T>
void bindOptional(SQLite::Statement &statement, int index, const std::optional<T> &value)
{
    if (value)
        statement.bind(index, *value);
    else
        statement.bind(index);
}

void bindId(SQLite::Statement &statement, int index, std::int64_t id)
{
    if (id != 0)
        statement.bind(index, id);
    else
        statement.bind(index);
}

struct PendingCrop
{
    CropId id;
    CropPlace place;
    std::int64_t size = 0;
    std::string codec;
    int widthPx = 0, heightPx = 0, channels = 0;
    Hash128 hash{};
};

struct PendingMedia
{
    MediaId id;
    std::int64_t root = 0;
    std::string path;
    NewMedia media;
};

struct PendingSample
{
    SampleId id;
    bool isStored = false; ///< By an earlier import: its row is updated.
    NewSample facts;
};

struct HashOfCrop
{
    std::size_t operator()(const Hash128 &hash) const
    {
        std::size_t part = 0;
        std::memcpy(&part, hash.data(), sizeof part);
        return part;
    }
};

/// "rafdb" of "rafdb.basic": what `dataset:` filters by.
std::string datasetOf(const std::string &importer)
{
    return importer.substr(0, importer.find('.'));
}

constexpr const char *sampleColumns[] = {
    "source",      "import_id",  "media_id",     "time_us",      "crop_id",      "box_x",       "box_y",
    "box_width",   "box_height", "width",        "height",       "pixel_hash",   "native_label", "native_space",
    "given_class", "given_state", "given_split", "native_split", "fold",         "valence",      "arousal",
    "subject_id",  "sequence_id", "origin",      "quality_flags"};

std::string insertSampleSql()
{
    std::string columns = "source_id, source_key";
    std::string marks = "?, ?";
    for (const char *column : sampleColumns) {
        columns.append(", ").append(column);
        marks += ", ?";
    }
    return "INSERT INTO samples (" + columns + ", id) VALUES (" + marks + ", ?) ON CONFLICT (source_id, source_key) DO NOTHING";
}

std::string updateSampleSql()
{
    std::string text = "UPDATE samples SET ";
    int index = 3;
    for (const char *column : sampleColumns) {
        if (index > 3)
            text += ", ";
        text.append(column).append(" = ?").append(std::to_string(index++));
    }
    return text + " WHERE source_id = ?1 AND source_key = ?2";
}

} // namespace

struct ImportWriter::State
{
    Project *project = nullptr;
    std::optional<CropAppender> crops; ///< Until finish().
    ImportId import;
    std::int64_t source = 0;
    std::filesystem::path folder;
    bool resumed = false;
    bool isFresh = true; ///< No sample of this source was stored before: every row is an insert.
    bool bulkLoad = false;
    std::unordered_set<std::string> storedBefore; ///< Keys that the interrupted import stored.

    std::int64_t nextCrop = 1, nextMedia = 1, nextSample = 1; ///< Only imports add rows, and only one at a time.
    std::filesystem::path mediaRoot; ///< What paths of media are relative to.
    std::unordered_map<std::string, std::int64_t> rootsOfMedia;
    std::unordered_map<std::string, std::int64_t> subjects, sequences;
    std::unordered_set<std::string> voteOptions;

    // Kept back until the next transaction.
    std::vector<PendingMedia> media;
    std::unordered_map<std::string, std::size_t> pendingPaths;
    std::vector<PendingCrop> pendingCrops;
    std::unordered_map<Hash128, std::size_t, HashOfCrop> pendingHashes;
    std::unordered_set<Hash128, HashOfCrop> writtenHashes; ///< Of crops this import wrote, while the project had none before.
    bool hadNoCrops = false;
    std::vector<PendingSample> samples;
    std::vector<std::pair<std::string, std::map<std::string, int>>> votes;

    SQLite::Statement findCrop, findMedia, findSample;

    State(Project &owner, CropAppender appender)
        : project(&owner), crops(std::move(appender)),
          findCrop(owner.database(), "SELECT id FROM crops WHERE hash = ? AND width = ? AND height = ?"
                                     " AND channels = ? AND codec = ?"),
          findMedia(owner.database(), "SELECT id FROM media WHERE root_id = ? AND path = ?"),
          findSample(owner.database(), "SELECT id, import_id FROM samples WHERE source_id = ? AND source_key = ?")
    {
    }

    std::filesystem::path file() const { return project->folder() / "project.db"; }

    std::int64_t rootId(SQLite::Database &database, const std::filesystem::path &path);
    std::int64_t nameId(SQLite::Database &database, const char *table, const std::string &name,
                        std::unordered_map<std::string, std::int64_t> &known);
    void writeMedia(SQLite::Database &database);
    void writeCrops(SQLite::Database &database);
    std::vector<SampleId> writeSamples(SQLite::Database &database);
    void bindSample(SQLite::Statement &statement, SQLite::Database &database, const NewSample &sample);
    void writeVotes(SQLite::Database &database, SQLite::Statement &insert, std::int64_t sample,
                    const std::map<std::string, int> &counts);
    Result<> flush();
};

/// Inside the project paths are relative to it, so that a moved project finds its own media.
std::int64_t ImportWriter::State::rootId(SQLite::Database &database, const std::filesystem::path &path)
{
    const std::filesystem::path relative = path.lexically_relative(project->folder());
    const bool inProject = !relative.empty() && *relative.begin() != "..";
    const std::string bytes = inProject ? relative.string() : path.string();
    SQLite::Statement insert(database, "INSERT OR IGNORE INTO roots (in_project, path) VALUES (?, ?)");
    insert.bind(1, inProject ? 1 : 0);
    bindBlob(insert, 2, bytes);
    insert.exec();
    SQLite::Statement select(database, "SELECT id FROM roots WHERE in_project = ? AND path = ?");
    select.bind(1, inProject ? 1 : 0);
    bindBlob(select, 2, bytes);
    select.executeStep();
    return select.getColumn(0).getInt64();
}

std::int64_t ImportWriter::State::nameId(SQLite::Database &database, const char *table, const std::string &name,
                                         std::unordered_map<std::string, std::int64_t> &known)
{
    if (name.empty())
        return 0;
    if (const auto found = known.find(name); found != known.end())
        return found->second;
    SQLite::Statement insert(database, std::string("INSERT OR IGNORE INTO ") + table + " (source_id, name) VALUES (?, ?)");
    insert.bind(1, source);
    insert.bind(2, name);
    insert.exec();
    SQLite::Statement select(database, std::string("SELECT id FROM ") + table + " WHERE source_id = ? AND name = ?");
    select.bind(1, source);
    select.bind(2, name);
    select.executeStep();
    const std::int64_t id = select.getColumn(0).getInt64();
    known.emplace(name, id);
    return id;
}

void ImportWriter::State::writeMedia(SQLite::Database &database)
{
    SQLite::Statement upsert(
        database, "INSERT INTO media (id, root_id, path, kind, bytes, modified_ms, hash, width, height, orientation,"
                  " subject_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (root_id, path) DO UPDATE SET"
                  " kind = excluded.kind, bytes = excluded.bytes, modified_ms = excluded.modified_ms,"
                  " hash = excluded.hash, width = excluded.width, height = excluded.height,"
                  " orientation = excluded.orientation, subject_id = excluded.subject_id");
    for (const PendingMedia &pending : media) {
        const NewMedia &fact = pending.media;
        upsert.bind(1, pending.id.value);
        upsert.bind(2, pending.root);
        bindBlob(upsert, 3, pending.path);
        upsert.bind(4, fact.kind);
        upsert.bind(5, fact.bytes);
        upsert.bind(6, fact.modifiedMs);
        bindHash(upsert, 7, fact.hash);
        upsert.bind(8, fact.widthPx);
        upsert.bind(9, fact.heightPx);
        upsert.bind(10, fact.orientation);
        bindId(upsert, 11, nameId(database, "subjects", fact.subject, subjects));
        upsert.exec();
        upsert.reset();
    }
}

void ImportWriter::State::writeCrops(SQLite::Database &database)
{
    SQLite::Statement insert(database, "INSERT INTO crops (id, segment, offset, size, codec, width, height, channels,"
                                       " hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const PendingCrop &crop : pendingCrops) {
        insert.bind(1, crop.id.value);
        insert.bind(2, crop.place.segment);
        insert.bind(3, crop.place.offset);
        insert.bind(4, crop.size);
        insert.bindNoCopy(5, crop.codec);
        insert.bind(6, crop.widthPx);
        insert.bind(7, crop.heightPx);
        insert.bind(8, crop.channels);
        insert.bindNoCopy(9, static_cast<const void *>(crop.hash.data()), static_cast<int>(crop.hash.size()));
        insert.exec();
        insert.reset();
    }
}

void ImportWriter::State::bindSample(SQLite::Statement &statement, SQLite::Database &database, const NewSample &sample)
{
    statement.bind(1, source);
    statement.bindNoCopy(2, sample.sourceKey);
    statement.bindNoCopy(3, sample.displaySource);
    statement.bind(4, import.value);
    statement.bind(5, sample.media.value);
    bindOptional(statement, 6, sample.timeUs);
    bindId(statement, 7, sample.crop ? sample.crop->value : 0);
    const std::optional<BoxPx> &box = sample.box;
    bindOptional(statement, 8, box ? std::optional(box->x) : std::nullopt);
    bindOptional(statement, 9, box ? std::optional(box->y) : std::nullopt);
    bindOptional(statement, 10, box ? std::optional(box->width) : std::nullopt);
    bindOptional(statement, 11, box ? std::optional(box->height) : std::nullopt);
    statement.bind(12, sample.widthPx);
    statement.bind(13, sample.heightPx);
    bindHash(statement, 14, sample.pixelHash);
    statement.bindNoCopy(15, sample.nativeLabel);
    statement.bindNoCopy(16, sample.nativeSpace);
    bindId(statement, 17, sample.givenClass ? sample.givenClass->value : 0);
    statement.bind(18, static_cast<int>(sample.state));
    statement.bind(19, static_cast<int>(sample.split));
    statement.bindNoCopy(20, sample.nativeSplit);
    bindOptional(statement, 21, sample.fold);
    bindOptional(statement, 22, sample.valence);
    bindOptional(statement, 23, sample.arousal);
    bindId(statement, 24, nameId(database, "subjects", sample.subject, subjects));
    bindId(statement, 25, nameId(database, "sequences", sample.sequence, sequences));
    statement.bindNoCopy(26, sample.origin);
    std::string flags;
    for (const std::string &flag : sample.flags)
        flags += (flags.empty() ? "" : ",") + flag;
    statement.bind(27, flags);
}

void ImportWriter::State::writeVotes(SQLite::Database &database, SQLite::Statement &insert, std::int64_t sample,
                                     const std::map<std::string, int> &counts)
{
    for (const auto &[option, count] : counts) {
        if (voteOptions.insert(option).second) {
            SQLite::Statement name(database, "INSERT OR IGNORE INTO vote_options (name) VALUES (?)");
            name.bind(1, option);
            name.exec();
        }
    }
    insert.bind(1, sample);
    insert.bind(2, voteCountsJson(counts));
    insert.bind(3, voteTotal(counts));
    insert.bind(4, voteEntropyBits(counts));
    insert.exec();
    insert.reset();
}

/// Returns the samples that were there before and changed: their derived rows need a refresh.
std::vector<SampleId> ImportWriter::State::writeSamples(SQLite::Database &database)
{
    std::vector<SampleId> changed;
    SQLite::Statement insert(database, insertSampleSql());
    SQLite::Statement update(database, updateSampleSql());
    SQLite::Statement current(database, "INSERT INTO current_labels (sample_id, class_id, state, given_class, split,"
                                        " excluded, reviews, flag) VALUES (?1, ?2, ?3, ?2, ?4, 0, 0, 0)");
    SQLite::Statement vote(database, "INSERT OR REPLACE INTO votes (sample_id, counts, total, entropy)"
                                     " VALUES (?, ?, ?, ?)");
    for (const PendingSample &pending : samples) {
        const NewSample &sample = pending.facts;
        if (pending.isStored) {
            bindSample(update, database, sample);
            update.exec();
            update.reset();
            changed.push_back(pending.id);
        } else {
            bindSample(insert, database, sample);
            insert.bind(28, pending.id.value);
            const bool isNew = insert.exec() > 0;
            insert.reset();
            if (!isNew)
                continue; // the same key twice: the first stays
            current.bind(1, pending.id.value);
            bindId(current, 2, sample.givenClass ? sample.givenClass->value : 0);
            current.bind(3, static_cast<int>(sample.state));
            current.bind(4, static_cast<int>(sample.split));
            current.exec();
            current.reset();
        }
        if (!sample.votes.empty())
            writeVotes(database, vote, pending.id.value, sample.votes);
    }
    for (const auto &[key, counts] : votes) {
        findSample.reset();
        findSample.bind(1, source);
        findSample.bindNoCopy(2, key);
        if (findSample.executeStep())
            writeVotes(database, vote, findSample.getColumn(0).getInt64(), counts);
        findSample.reset();
    }
    return changed;
}

Result<> ImportWriter::State::flush()
{
    if (const auto synced = crops->sync(); !synced)
        return synced;
    const auto written = project->change("Importing", [&](SQLite::Database &database) -> Result<> {
        writeMedia(database);
        writeCrops(database);
        if (const auto changed = writeSamples(database); !changed.empty())
            refreshCurrentOf(database, changed);
        return {};
    });
    if (!written)
        return written;
    media.clear();
    pendingPaths.clear();
    pendingCrops.clear();
    pendingHashes.clear();
    samples.clear();
    votes.clear();
    return {};
}

ImportWriter::ImportWriter(std::unique_ptr<State> state) : m_state(std::move(state)) {}
ImportWriter::ImportWriter(ImportWriter &&) noexcept = default;
ImportWriter::~ImportWriter() = default;

Result<ImportWriter> ImportWriter::begin(Project &project, const std::string &importer, const std::string &variant,
                                         const std::filesystem::path &root)
{
    CropPlace last;
    const auto known = guarded(project.folder() / "project.db", "Importing", [&]() -> Result<> {
        SQLite::Statement select(project.database(),
                                 "SELECT segment, max(offset + size) FROM crops"
                                 " WHERE segment = (SELECT max(segment) FROM crops) GROUP BY segment");
        if (select.executeStep())
            last = {select.getColumn(0).getInt(), select.getColumn(1).getInt64()};
        return {};
    });
    if (!known)
        return fail(known.error());
    if (!project.isWritable())
        return fail(ErrorCode::Conflict, project.readOnlyReason().empty() ? "The project was opened for reading only."
                                                                          : project.readOnlyReason());
    auto appender = CropAppender::open(project.folder(), last);
    if (!appender)
        return fail(appender.error());

    auto state = std::make_unique<State>(project, std::move(*appender));
    std::error_code error;
    const std::filesystem::path place = std::filesystem::absolute(root).lexically_normal();
    state->mediaRoot = std::filesystem::is_directory(place, error) ? place : place.parent_path();
    std::string folderName;
    const auto begun = project.change("Importing", [&](SQLite::Database &database) -> Result<> {
        const std::int64_t rootRow = state->rootId(database, place);
        SQLite::Statement upsert(database, "INSERT INTO sources (importer, variant, dataset, root_id)"
                                           " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (importer, root_id)"
                                           " DO UPDATE SET variant = excluded.variant RETURNING id");
        upsert.bind(1, importer);
        upsert.bind(2, variant);
        upsert.bind(3, datasetOf(importer));
        upsert.bind(4, rootRow);
        upsert.executeStep();
        state->source = upsert.getColumn(0).getInt64();
        upsert.reset();

        // Each reader must be done before indexes are dropped below.
        SQLite::Statement unfinished(database, "SELECT id, folder FROM imports WHERE source_id = ?"
                                               " AND finished_at_ms IS NULL ORDER BY id DESC LIMIT 1");
        unfinished.bind(1, state->source);
        if (unfinished.executeStep()) {
            state->import = {unfinished.getColumn(0).getInt64()};
            folderName = unfinished.getColumn(1).getString();
            state->resumed = true;
            unfinished.reset(); // an open reader would keep the indexes from being dropped below
        } else {
            const std::int64_t startedAtMs = nowMs();
            const std::int64_t id =
                database.execAndGet("SELECT coalesce(max(id), 0) + 1 FROM imports").getInt64();
            folderName = timeStamp(startedAtMs) + "-" + std::to_string(id);
            SQLite::Statement insert(database, "INSERT INTO imports (id, source_id, folder, started_at_ms)"
                                               " VALUES (?, ?, ?, ?)");
            insert.bind(1, id);
            insert.bind(2, state->source);
            insert.bind(3, folderName);
            insert.bind(4, startedAtMs);
            insert.exec();
            state->import = {id};
        }

        unfinished.reset();

        SQLite::Statement keys(database, "SELECT source_key, import_id FROM samples WHERE source_id = ?");
        keys.bind(1, state->source);
        while (keys.executeStep()) {
            state->isFresh = false;
            if (!state->resumed)
                break; // the keys of an earlier, finished import are read again
            if (keys.getColumn(1).getInt64() == state->import.value)
                state->storedBefore.insert(keys.getColumn(0).getString());
        }
        keys.reset();
        state->nextCrop = database.execAndGet("SELECT coalesce(max(id), 0) + 1 FROM crops").getInt64();
        state->nextSample = database.execAndGet("SELECT coalesce(max(id), 0) + 1 FROM samples").getInt64();
        state->hadNoCrops = state->nextCrop == 1;
        state->nextMedia = database.execAndGet("SELECT coalesce(max(id), 0) + 1 FROM media").getInt64();
        state->bulkLoad =
            database.execAndGet("SELECT count(*) FROM current_labels").getInt64() < bulkLoadBelow;
        if (state->bulkLoad)
            dropCurrentIndexes(database);
        return {};
    });
    if (!begun)
        return fail(begun.error());
    state->folder = project.folder() / "imports" / folderName;
    std::filesystem::create_directories(state->folder, error);
    if (error)
        return fail(systemError(error.value(), state->folder, "could not be made"));
    return ImportWriter(std::move(state));
}

Result<MediaId> ImportWriter::addMedia(const NewMedia &media)
{
    State &state = *m_state;
    return guarded(state.file(), "Importing", [&]() -> Result<MediaId> {
        const std::filesystem::path path = std::filesystem::absolute(media.path).lexically_normal();
        const std::string key = path.string();
        if (const auto pending = state.pendingPaths.find(key); pending != state.pendingPaths.end())
            return state.media[pending->second].id;

        PendingMedia row{{}, 0, {}, media};
        const std::filesystem::path relative = path.lexically_relative(state.mediaRoot);
        const bool isBelow = !relative.empty() && *relative.begin() != "..";
        const std::filesystem::path root = isBelow ? state.mediaRoot : path.parent_path();
        if (const auto known = state.rootsOfMedia.find(root.string()); known != state.rootsOfMedia.end()) {
            row.root = known->second;
        } else {
            const auto placed = state.project->change("Importing", [&](SQLite::Database &database) -> Result<> {
                row.root = state.rootId(database, root);
                return {};
            });
            if (!placed)
                return fail(placed.error());
            state.rootsOfMedia.emplace(root.string(), row.root);
        }
        row.path = (isBelow ? relative : path.filename()).string();
        state.findMedia.reset();
        state.findMedia.bind(1, row.root);
        bindBlob(state.findMedia, 2, row.path);
        row.id = {state.findMedia.executeStep() ? state.findMedia.getColumn(0).getInt64() : state.nextMedia++};
        state.findMedia.reset();
        const MediaId id = row.id;
        state.pendingPaths.emplace(key, state.media.size());
        state.media.push_back(std::move(row));
        return id;
    });
}

bool ImportWriter::has(const std::string &sourceKey) const
{
    return m_state->storedBefore.contains(sourceKey);
}

Result<CropId> ImportWriter::addCrop(int widthPx, int heightPx, int channels, std::string_view codec,
                                     std::span<const std::uint8_t> bytes)
{
    State &state = *m_state;
    return guarded(state.file(), "Importing", [&]() -> Result<CropId> {
        PendingCrop crop;
        crop.size = static_cast<std::int64_t>(bytes.size());
        crop.codec = codec;
        crop.widthPx = widthPx;
        crop.heightPx = heightPx;
        crop.channels = channels;
        crop.hash = hashOf(bytes);
        if (const auto pending = state.pendingHashes.find(crop.hash); pending != state.pendingHashes.end()) {
            const PendingCrop &twin = state.pendingCrops[pending->second];
            if (twin.widthPx == widthPx && twin.heightPx == heightPx && twin.channels == channels && twin.codec == codec)
                return twin.id;
        }
        // In a project without earlier crops the database need not be asked for what this import never wrote.
        const bool mayBeStored = !state.hadNoCrops || state.writtenHashes.contains(crop.hash);
        SQLite::Statement &find = state.findCrop;
        find.reset();
        find.bindNoCopy(1, static_cast<const void *>(crop.hash.data()), static_cast<int>(crop.hash.size()));
        find.bind(2, widthPx);
        find.bind(3, heightPx);
        find.bind(4, channels);
        find.bindNoCopy(5, crop.codec);
        const bool isStored = mayBeStored && find.executeStep();
        const CropId stored{isStored ? find.getColumn(0).getInt64() : 0};
        find.reset();
        if (isStored)
            return stored;

        const auto place = state.crops->append(bytes);
        if (!place)
            return fail(place.error());
        crop.place = *place;
        crop.id = {state.nextCrop++};
        const CropId id = crop.id;
        if (state.hadNoCrops)
            state.writtenHashes.insert(crop.hash);
        state.pendingHashes.emplace(crop.hash, state.pendingCrops.size());
        state.pendingCrops.push_back(std::move(crop));
        return id;
    });
}

Result<SampleId> ImportWriter::addSample(const NewSample &sample)
{
    State &state = *m_state;
    return guarded(state.file(), "Importing", [&]() -> Result<SampleId> {
        PendingSample pending{{}, false, {}};
        if (!state.isFresh) {
            SQLite::Statement &find = state.findSample;
            find.reset();
            find.bind(1, state.source);
            find.bindNoCopy(2, sample.sourceKey);
            if (find.executeStep()) {
                pending.id = {find.getColumn(0).getInt64()};
                pending.isStored = true;
                const bool storedByThis = find.getColumn(1).getInt64() == state.import.value;
                find.reset();
                if (storedByThis)
                    return pending.id;
            }
            find.reset();
        }
        if (!pending.isStored)
            pending.id = {state.nextSample++};
        pending.facts = sample;
        const SampleId id = pending.id;
        state.samples.push_back(std::move(pending));
        if (state.samples.size() >= batchRows) {
            if (const auto flushed = state.flush(); !flushed)
                return fail(flushed.error());
        }
        return id;
    });
}

Result<> ImportWriter::setVotes(const std::string &sourceKey, const std::map<std::string, int> &votes)
{
    State &state = *m_state;
    return guarded(state.file(), "Importing votes", [&]() -> Result<> {
        const auto isStored = [&] {
            state.findSample.reset();
            state.findSample.bind(1, state.source);
            state.findSample.bind(2, sourceKey);
            const bool found = state.findSample.executeStep();
            state.findSample.reset();
            return found;
        };
        if (!state.samples.empty() && state.samples.back().facts.sourceKey == sourceKey) {
            state.samples.back().facts.votes = votes;
            return {};
        }
        if (!isStored()) {
            if (const auto flushed = state.flush(); !flushed)
                return flushed;
            if (!isStored())
                return fail(ErrorCode::NotFound, "There is no sample " + sourceKey + " to give the votes to.");
        }
        state.votes.emplace_back(sourceKey, votes);
        if (state.votes.size() >= batchRows)
            return state.flush();
        return {};
    });
}

Result<ImportWriter::Duplicates> ImportWriter::finish()
{
    State &state = *m_state;
    if (const auto flushed = state.flush(); !flushed)
        return fail(flushed.error());
    Duplicates duplicates;
    const auto finished = state.project->change("Importing", [&](SQLite::Database &database) -> Result<> {
        const DuplicateCounts counts = groupDuplicates(database, state.import);
        duplicates = {counts.groups, counts.images, counts.conflicts, counts.acrossSplits};
        ensureCurrentIndexes(database);
        SQLite::Statement update(database, "UPDATE imports SET finished_at_ms = ? WHERE id = ?");
        update.bind(1, nowMs());
        update.bind(2, state.import.value);
        update.exec();
        return {};
    });
    if (!finished)
        return fail(finished.error());
    state.crops.reset(); // lets the next import begin
    return duplicates;
}

Result<> ImportWriter::pause()
{
    return m_state->flush();
}

ImportId ImportWriter::id() const
{
    return m_state->import;
}

const std::filesystem::path &ImportWriter::folder() const
{
    return m_state->folder;
}

bool ImportWriter::isResumed() const
{
    return m_state->resumed;
}

} // namespace mien
