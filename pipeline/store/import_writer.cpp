#include "pipeline/store/import_writer.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/connection.h"
#include "pipeline/store/crop_pack.h"
#include "pipeline/store/crop_register.h"
#include "pipeline/store/duplicates.h"
#include "pipeline/store/hash.h"
#include "pipeline/store/import_batch.h"
#include "pipeline/store/project.h"
#include "pipeline/store/schema.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

namespace mien {
namespace {

/// Projects smaller than this get their indexes built after the load.
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

/// "rafdb" of "rafdb.basic": what `dataset:` filters by.
std::string datasetOf(const std::string &importer)
{
    return importer.substr(0, importer.find('.'));
}

/// Inside the project paths are relative to it, so that a moved project finds its own media.
std::int64_t rootId(SQLite::Database &database, const std::filesystem::path &project, const std::filesystem::path &path)
{
    const std::filesystem::path relative = path.lexically_relative(project);
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

} // namespace

struct ImportWriter::State
{
    Project *project = nullptr;
    std::filesystem::path file;           ///< project.db, for messages.
    std::optional<CropAppender> appender; ///< Until finish().
    ImportId import;
    std::int64_t source = 0;
    ImportKind kind = ImportKind::Import;
    std::string settingsHash; ///< Of an extraction.
    std::filesystem::path folder;
    bool resumed = false;
    bool isFresh = true; ///< No sample of this source was stored before: every row is an insert.
    std::unordered_set<std::string> storedBefore; ///< Keys that the interrupted import stored.
    bool isReadAgain = false;                     ///< These are of no use.

    const std::size_t batchRows = ImportWriter::batchRows();
    std::int64_t nextCrop = 1, nextMedia = 1, nextSample = 1; ///< Only imports add rows, and only one at a time.
    std::int64_t firstCrop = 1;                               ///< Of this import.
    std::filesystem::path mediaRoot;                          ///< What paths of media are relative to.
    std::unordered_map<std::string, std::int64_t> rootsOfMedia;
    std::unordered_map<std::string, std::size_t> pendingPaths;
    CropRegister knownCrops;
    CropReader storedCrops;
    std::unordered_set<std::int64_t> wholeCrops; ///< Stored by earlier imports, looked at by this one.
    std::optional<ImportBatch> batch;
    std::optional<UncheckedReferences> unchecked;
    SQLite::Statement findMedia, findSample;

    State(Project &owner, CropAppender cropAppender)
        : project(&owner)
        , file(owner.folder() / "project.db")
        , appender(std::move(cropAppender))
        , knownCrops(owner.database())
        , storedCrops(owner)
        , findMedia(owner.database(), "SELECT id FROM media WHERE root_id = ? AND path = ?")
        , findSample(owner.database(), "SELECT id, import_id FROM samples WHERE source_id = ? AND source_key = ?")
    {
    }

    /// Whether a crop that is known still has its bytes. What this import added waits for its transaction.
    bool isWhole(CropId crop)
    {
        if (crop.value >= firstCrop || wholeCrops.contains(crop.value))
            return true;
        wholeCrops.insert(crop.value); // now, or once its bytes are put elsewhere
        const auto stored = storedCrops.read(crop);
        return stored.has_value();
    }

    /// Finds or makes the source and its import, and takes up where an interrupted one stopped.
    void begin(SQLite::Database &database, const std::string &importer, const std::string &variant,
               const std::filesystem::path &root);
    void readStored(SQLite::Database &database);
    /// Of a sample of this source; 0: none is stored.
    std::int64_t storedSample(const std::string &key, bool *byThisImport = nullptr);
    Result<std::int64_t> mediaRootId(const std::filesystem::path &path);
    Result<SampleId> add(PendingSample sample);
    Result<> flush();
};

void ImportWriter::State::begin(SQLite::Database &database, const std::string &importer, const std::string &variant,
                                const std::filesystem::path &root)
{
    SQLite::Statement upsert(database, "INSERT INTO sources (importer, variant, dataset, root_id)"
                                       " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (importer, root_id)"
                                       " DO UPDATE SET variant = excluded.variant RETURNING id");
    upsert.bind(1, importer);
    upsert.bind(2, variant);
    upsert.bind(3, datasetOf(importer));
    upsert.bind(4, rootId(database, project->folder(), root));
    upsert.executeStep();
    source = upsert.getColumn(0).getInt64();
    upsert.reset();

    std::string folderName;
    SQLite::Statement close(database, "UPDATE imports SET finished_at_ms = ? WHERE source_id = ? AND kind = ?"
                                      " AND finished_at_ms IS NULL AND settings_hash <> ?");
    close.bind(1, nowMs());
    close.bind(2, source);
    close.bind(3, static_cast<int>(kind));
    close.bind(4, settingsHash);
    close.exec();
    SQLite::Statement unfinished(database, "SELECT id, folder FROM imports WHERE source_id = ? AND kind = ?"
                                           " AND finished_at_ms IS NULL AND removed_at_ms IS NULL"
                                           " ORDER BY id DESC LIMIT 1");
    unfinished.bind(1, source);
    unfinished.bind(2, static_cast<int>(kind));
    if (unfinished.executeStep()) {
        import = {unfinished.getColumn(0).getInt64()};
        folderName = unfinished.getColumn(1).getString();
        resumed = true;
    } else {
        const std::int64_t startedAtMs = nowMs();
        const std::int64_t id = database.execAndGet("SELECT coalesce(max(id), 0) + 1 FROM imports").getInt64();
        folderName = timeStamp(startedAtMs) + "-" + std::to_string(id);
        SQLite::Statement insert(database, "INSERT INTO imports (id, source_id, folder, started_at_ms, kind,"
                                           " settings_hash) VALUES (?, ?, ?, ?, ?, ?)");
        insert.bind(1, id);
        insert.bind(2, source);
        insert.bind(3, folderName);
        insert.bind(4, startedAtMs);
        insert.bind(5, static_cast<int>(kind));
        insert.bind(6, settingsHash);
        insert.exec();
        import = {id};
    }
    folder = project->folder() / "imports" / folderName;
}

void ImportWriter::State::readStored(SQLite::Database &database)
{
    SQLite::Statement keys(database, "SELECT source_key, import_id FROM samples WHERE source_id = ?");
    keys.bind(1, source);
    while (keys.executeStep()) {
        isFresh = false;
        if (!resumed)
            break; // the keys of an earlier, finished import are read again
        if (keys.getColumn(1).getInt64() == import.value)
            storedBefore.insert(keys.getColumn(0).getString());
    }
    SQLite::Statement clips(database, "SELECT source_key FROM clips WHERE source_id = ? AND import_id = ?");
    clips.bind(1, source);
    clips.bind(2, import.value);
    while (resumed && clips.executeStep())
        storedBefore.insert(clips.getColumn(0).getString());
    firstCrop = nextCrop = database.execAndGet("SELECT coalesce(max(id), 0) + 1 FROM crops").getInt64();
    nextSample = database
                     .execAndGet("SELECT max(coalesce((SELECT max(id) FROM samples), 0), coalesce((SELECT"
                                 " CAST(value AS INTEGER) FROM meta WHERE key = 'last_sample'), 0)) + 1")
                     .getInt64();
    nextMedia = database.execAndGet("SELECT coalesce(max(id), 0) + 1 FROM media").getInt64();
}

std::int64_t ImportWriter::State::storedSample(const std::string &key, bool *byThisImport)
{
    findSample.reset();
    findSample.bind(1, source);
    findSample.bindNoCopy(2, key);
    const std::int64_t id = findSample.executeStep() ? findSample.getColumn(0).getInt64() : 0;
    if (byThisImport)
        *byThisImport = id != 0 && findSample.getColumn(1).getInt64() == import.value;
    findSample.reset();
    return id;
}

Result<std::int64_t> ImportWriter::State::mediaRootId(const std::filesystem::path &path)
{
    if (const auto known = rootsOfMedia.find(path.string()); known != rootsOfMedia.end())
        return known->second;
    std::int64_t id = 0;
    const auto placed = project->change("Importing", [&](SQLite::Database &database) -> Result<> {
        id = rootId(database, project->folder(), path);
        return {};
    });
    if (!placed)
        return fail(placed.error());
    rootsOfMedia.emplace(path.string(), id);
    return id;
}

Result<SampleId> ImportWriter::State::add(PendingSample sample)
{
    const SampleId id = sample.id;
    batch->samples.push_back(std::move(sample));
    if (batch->samples.size() < batchRows)
        return id;
    return flush().transform([id] { return id; });
}

Result<> ImportWriter::State::flush()
{
    if (const auto synced = appender->sync(); !synced)
        return synced;
    const auto written = project->change("Importing", [&](SQLite::Database &) -> Result<> {
        batch->write();
        return {};
    });
    if (!written)
        return written;
    batch->clear();
    pendingPaths.clear();
    return {};
}

std::size_t ImportWriter::batchRows()
{
    constexpr std::size_t most = 8192;
    const char *wanted = std::getenv("MIEN_BATCH_ROWS");
    const long rows = wanted ? std::strtol(wanted, nullptr, 10) : 0;
    return rows > 0 ? std::min(most, static_cast<std::size_t>(rows)) : most;
}

ImportWriter::ImportWriter(std::unique_ptr<State> state)
    : m_state(std::move(state))
{
}
ImportWriter::ImportWriter(ImportWriter &&) noexcept = default;
ImportWriter::~ImportWriter() = default;

Result<ImportWriter> ImportWriter::begin(Project &project, const std::string &importer, const std::string &variant,
                                         const std::filesystem::path &root)
{
    return begin(project, importer, variant, root, ImportKind::Import, "");
}

Result<ImportWriter> ImportWriter::beginExtraction(Project &project, const std::string &importer,
                                                   const std::string &variant, const std::filesystem::path &root,
                                                   const std::string &settingsHash)
{
    return begin(project, importer, variant, root, ImportKind::Extraction, settingsHash);
}

Result<ImportWriter> ImportWriter::begin(Project &project, const std::string &importer, const std::string &variant,
                                         const std::filesystem::path &root, ImportKind kind,
                                         const std::string &settingsHash)
{
    if (!project.isWritable())
        return fail(ErrorCode::Conflict, project.readOnlyReason().empty() ? "The project was opened for reading only."
                                                                          : project.readOnlyReason());
    auto appender = CropAppender::open(project.folder(), [&] { return committedEnd(project.database()); });
    if (!appender)
        return fail(appender.error());

    auto state = std::make_unique<State>(project, std::move(*appender));
    state->kind = kind;
    state->settingsHash = settingsHash;
    std::error_code error;
    const std::filesystem::path place = std::filesystem::absolute(root).lexically_normal();
    state->mediaRoot = std::filesystem::is_directory(place, error) ? place : place.parent_path();
    bool isBulkLoad = false;
    const auto begun = project.change("Importing", [&](SQLite::Database &database) -> Result<> {
        state->begin(database, importer, variant, place);
        state->readStored(database);
        isBulkLoad = database.execAndGet("SELECT count(*) FROM current_labels").getInt64() < bulkLoadBelow;
        if (isBulkLoad)
            dropLoadIndexes(database);
        return {};
    });
    if (!begun)
        return fail(begun.error());
    const auto ready = guarded(state->file, "Importing", [&]() -> Result<> {
        state->batch.emplace(project.database(), state->source, state->import, state->settingsHash);
        if (isBulkLoad && state->isFresh)
            state->unchecked.emplace(project.database());
        return {};
    });
    if (!ready)
        return fail(ready.error());
    std::filesystem::create_directories(state->folder, error);
    if (error)
        return fail(systemError(error.value(), state->folder, "could not be made"));
    return ImportWriter(std::move(state));
}

Result<MediaId> ImportWriter::addMedia(const NewMedia &media)
{
    State &state = *m_state;
    return guarded(state.file, "Importing", [&]() -> Result<MediaId> {
        const std::filesystem::path path = std::filesystem::absolute(media.path).lexically_normal();
        const std::string key = path.string();
        if (const auto pending = state.pendingPaths.find(key); pending != state.pendingPaths.end())
            return state.batch->media[pending->second].id;

        PendingMedia row{{}, 0, {}, media};
        const std::filesystem::path relative = path.lexically_relative(state.mediaRoot);
        const bool isBelow = !relative.empty() && *relative.begin() != "..";
        const auto root = state.mediaRootId(isBelow ? state.mediaRoot : path.parent_path());
        if (!root)
            return fail(root.error());
        row.root = *root;
        row.path = (isBelow ? relative : path.filename()).string();
        state.findMedia.reset();
        state.findMedia.bind(1, row.root);
        bindBlob(state.findMedia, 2, row.path);
        row.id = {state.findMedia.executeStep() ? state.findMedia.getColumn(0).getInt64() : state.nextMedia++};
        state.findMedia.reset();
        const MediaId id = row.id;
        state.pendingPaths.emplace(key, state.batch->media.size());
        state.batch->media.push_back(std::move(row));
        return id;
    });
}

bool ImportWriter::has(const std::string &sourceKey) const
{
    return m_state->storedBefore.contains(sourceKey);
}

void ImportWriter::readAgain()
{
    m_state->storedBefore.clear();
    m_state->isReadAgain = true;
}

Result<CropId> ImportWriter::addCrop(int widthPx, int heightPx, int channels, std::string_view codec,
                                     std::span<const std::uint8_t> bytes)
{
    State &state = *m_state;
    return guarded(state.file, "Importing", [&]() -> Result<CropId> {
        const Hash128 hash = hashOf(bytes);
        const CropId fresh{state.nextCrop};
        CropId wanted = fresh;
        if (const CropId known = state.knownCrops.findOrAdd(hash, widthPx, heightPx, channels, codec, fresh);
            known != fresh && state.isWhole(known))
            return known;
        else if (known != fresh)
            wanted = known; // stored before, and damaged since: its bytes are put elsewhere
        else
            ++state.nextCrop;
        const auto place = state.appender->append(bytes);
        if (!place)
            return fail(place.error());
        state.batch->crops.push_back({wanted, *place, static_cast<std::int64_t>(bytes.size()), std::string(codec),
                                      widthPx, heightPx, channels, hash});
        return wanted;
    });
}

Result<SampleId> ImportWriter::addSample(const NewSample &sample)
{
    State &state = *m_state;
    return guarded(state.file, "Importing", [&]() -> Result<SampleId> {
        if (sample.media.value < 1 || sample.media.value >= state.nextMedia ||
            (sample.crop && (sample.crop->value < 1 || sample.crop->value >= state.nextCrop)))
            return fail(ErrorCode::Internal,
                        "The sample " + sample.sourceKey + " names a file or crop that the import did not add.");
        SampleId id;
        if (!state.isFresh) {
            bool byThisImport = false;
            id = {state.storedSample(sample.sourceKey, &byThisImport)};
            if (byThisImport && !state.isReadAgain)
                return id;
        }
        const auto way = id.value != 0 ? PendingSample::Way::Update : PendingSample::Way::Insert;
        if (id.value == 0)
            id = {state.nextSample++};
        return state.add({id, way, sample});
    });
}

Result<> ImportWriter::addClip(const NewClip &clip)
{
    m_state->batch->clips.push_back(clip);
    return m_state->batch->clips.size() >= m_state->batchRows ? m_state->flush() : Result<>();
}

Result<> ImportWriter::setCrop(SampleId sample, const NewSample &facts)
{
    return m_state->add({sample, PendingSample::Way::CropOnly, facts}).transform([](SampleId) {});
}

Result<> ImportWriter::addExtraction(MediaId media, const ExtractionCounts &counts)
{
    m_state->batch->extractions.push_back({media, counts, {}});
    return m_state->batch->extractions.size() >= m_state->batchRows ? m_state->flush() : Result<>();
}

Result<> ImportWriter::addPart(MediaId media, const std::string &state)
{
    m_state->batch->extractions.push_back({media, {}, state});
    return m_state->flush();
}

Result<> ImportWriter::setVotes(const std::string &sourceKey, const std::map<std::string, int> &votes)
{
    State &state = *m_state;
    return guarded(state.file, "Importing votes", [&]() -> Result<> {
        std::vector<PendingSample> &pending = state.batch->samples;
        if (!pending.empty() && pending.back().facts.sourceKey == sourceKey) {
            pending.back().facts.votes = votes;
            return {};
        }
        std::int64_t sample = state.storedSample(sourceKey);
        if (sample == 0 && !pending.empty()) {
            if (const auto flushed = state.flush(); !flushed)
                return flushed;
            sample = state.storedSample(sourceKey);
        }
        if (sample == 0)
            return fail(ErrorCode::NotFound, "There is no sample " + sourceKey + " to give the votes to.");
        state.batch->votes.emplace_back(sample, votes);
        if (state.batch->votes.size() >= state.batchRows)
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
        ensureIndexes(database);
        SQLite::Statement update(database, "UPDATE imports SET finished_at_ms = ? WHERE id = ?");
        update.bind(1, nowMs());
        update.bind(2, state.import.value);
        update.exec();
        return {};
    });
    if (!finished)
        return fail(finished.error());
    state.unchecked.reset();
    state.appender.reset(); // lets the next import begin
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
