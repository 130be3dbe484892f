#include "pipeline/store/import_batch.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/current_labels.h"
#include "pipeline/store/given_landmarks.h"
#include "pipeline/store/near_duplicates.h"
#include "pipeline/store/vote_counts.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <bit>

namespace mien {
namespace {

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

constexpr const char *sampleColumns[] = {
    "source",      "import_id",   "media_id",    "time_us",       "crop_id",        "box_x",        "box_y",
    "box_width",   "box_height",  "width",       "height",        "pixel_hash",     "native_label", "native_space",
    "given_class", "given_state", "given_split", "native_split",  "fold",           "valence",      "arousal",
    "subject_id",  "sequence_id", "origin",      "quality_flags", "perceptual_hash"};
constexpr int pixelHashParameter = 14, perceptualHashParameter = 28;
constexpr int idParameter = 2 + static_cast<int>(std::size(sampleColumns)) + 1;

std::string insertSampleSql()
{
    std::string columns = "source_id, source_key";
    std::string marks = "?, ?";
    for (const char *column : sampleColumns) {
        columns.append(", ").append(column);
        marks += ", ?";
    }
    return "INSERT INTO samples (" + columns + ", id) VALUES (" + marks +
           ", ?) ON CONFLICT (source_id, source_key) DO NOTHING";
}

std::string joined(const std::vector<std::string> &flags)
{
    std::string text;
    for (const std::string &flag : flags)
        text += (text.empty() ? "" : ",") + flag;
    return text;
}

/// What a sample that was stored before has from now on: of unchanged pixels `dedup` may have made one.
std::string perceptualHashSql(const std::string &newPixels, const std::string &newHash)
{
    return "CASE WHEN pixel_hash IS " + newPixels + " THEN coalesce(" + newHash + ", perceptual_hash) ELSE " + newHash +
           " END";
}

void bindPerceptualHash(SQLite::Statement &statement, int index, const NewSample &sample)
{
    if (sample.perceptualHash)
        statement.bind(index, std::bit_cast<std::int64_t>(*sample.perceptualHash));
    else
        statement.bind(index);
}

std::string updateSampleSql()
{
    std::string text = "UPDATE samples SET ";
    int index = 3;
    for (const char *column : sampleColumns) {
        if (index > 3)
            text += ", ";
        text.append(column).append(" = ");
        const std::string mark = "?" + std::to_string(index++);
        text += std::string_view(column) == "perceptual_hash"
                    ? perceptualHashSql("?" + std::to_string(pixelHashParameter), mark)
                    : mark;
    }
    return text + ", retired = 0 WHERE source_id = ?1 AND source_key = ?2";
}

void run(SQLite::Statement &statement)
{
    statement.exec();
    statement.reset();
}

} // namespace

/// Prepared once an import; what one row leaves bound, the next one needs not bind again.
struct ImportBatch::Statements
{
    SQLite::Statement media, crop, clip, insert, update, forget, searchAgain, cropOnly, current, votes, landmarks,
        noLandmarks, face, measure, extraction, notExtracted, begun, notBegun;

    explicit Statements(SQLite::Database &database)
        : media(database,
                "INSERT INTO media (id, root_id, path, kind, bytes, modified_ms, hash, width, height, orientation,"
                " subject_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (root_id, path) DO UPDATE SET"
                " kind = excluded.kind, bytes = excluded.bytes, modified_ms = excluded.modified_ms,"
                " hash = excluded.hash, width = excluded.width, height = excluded.height,"
                " orientation = excluded.orientation, subject_id = excluded.subject_id")
        , crop(database, "INSERT INTO crops (id, segment, offset, size, codec, width, height, channels, hash)"
                         " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                         " ON CONFLICT (id) DO UPDATE SET segment = excluded.segment, offset = excluded.offset")
        , clip(database, "INSERT OR REPLACE INTO clips (media_id, source_id, source_key, source, import_id,"
                         " native_label, native_space, given_class, given_state, given_split, native_split, fold, cut,"
                         " subject_id, sequence_id, origin, quality_flags, duration_us)"
                         " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        , insert(database, insertSampleSql())
        , update(database, updateSampleSql())
        , forget(database, "DELETE FROM near_duplicates WHERE sample_id IN (SELECT id FROM samples WHERE id = ?"
                           " AND pixel_hash IS NOT ?)")
        , searchAgain(database, std::string("UPDATE meta SET value = rtrim(value, '0123456789') || '0' WHERE key = '") +
                                    nearDuplicateSearchKey +
                                    "' AND value NOT LIKE '% 0'"
                                    " AND EXISTS (SELECT 1 FROM samples WHERE id = ? AND pixel_hash IS NOT ?)")
        , cropOnly(database, "UPDATE samples SET crop_id = ?1, width = ?2, height = ?3, pixel_hash = ?4,"
                             " quality_flags = ?5, perceptual_hash = " +
                                 perceptualHashSql("?4", "?7") + " WHERE id = ?6")
        , current(database,
                  "INSERT INTO current_labels (sample_id, class_id, state, given_class, split, excluded, reviews, flag)"
                  " SELECT id, given_class, given_state, given_class, given_split, 0, 0, 0 FROM samples"
                  " WHERE id BETWEEN ? AND ? AND import_id = ?")
        , votes(database, "INSERT OR REPLACE INTO votes (sample_id, counts, total, entropy) VALUES (?, ?, ?, ?)")
        , landmarks(database, "INSERT OR REPLACE INTO given_landmarks (sample_id, scheme, points) VALUES (?, ?, ?)")
        , noLandmarks(database, "DELETE FROM given_landmarks WHERE sample_id = ?")
        , face(database, "INSERT OR REPLACE INTO faces (sample_id, detector, probability, box_x, box_y, box_width,"
                         " box_height, landmark_scheme, landmarks, rotation, crop_from_frame, track, picture_width,"
                         " picture_height, picture_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        , measure(database, "INSERT OR REPLACE INTO measures (name_id, sample_id, value, parameters_hash)"
                            " VALUES (?, ?, ?, ?)")
        , extraction(database, "INSERT INTO extractions (media_id, settings_hash, frames, faces, crops,"
                               " no_face, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)")
        , notExtracted(database, "DELETE FROM extractions WHERE media_id = ?")
        , begun(database, "INSERT INTO extractions_begun (media_id, import_id, state) VALUES (?, ?, ?)")
        , notBegun(database, "DELETE FROM extractions_begun WHERE media_id = ?")
    {
    }
};

ImportBatch::ImportBatch(SQLite::Database &database, std::int64_t source, ImportId import, std::string settingsHash)
    : m_database(database)
    , m_source(source)
    , m_import(import)
    , m_settingsHash(std::move(settingsHash))
    , m_statements(std::make_unique<Statements>(database))
{
}

ImportBatch::~ImportBatch() = default;

void ImportBatch::write()
{
    std::vector<SampleId> changed;
    writeMedia();
    writeCrops();
    writeClips(changed);
    writeSamples(changed);
    writeExtractions(changed);
    if (!changed.empty())
        refreshCurrentOf(m_database, changed);
}

void ImportBatch::clear()
{
    media.clear();
    crops.clear();
    clips.clear();
    samples.clear();
    extractions.clear();
    votes.clear();
}

std::int64_t ImportBatch::nameId(const char *table, const std::string &name,
                                 std::unordered_map<std::string, std::int64_t> &known)
{
    if (name.empty())
        return 0;
    if (const auto found = known.find(name); found != known.end())
        return found->second;
    SQLite::Statement insert(m_database,
                             std::string("INSERT OR IGNORE INTO ") + table + " (source_id, name) VALUES (?, ?)");
    insert.bind(1, m_source);
    insert.bind(2, name);
    insert.exec();
    SQLite::Statement select(m_database, std::string("SELECT id FROM ") + table + " WHERE source_id = ? AND name = ?");
    select.bind(1, m_source);
    select.bind(2, name);
    select.executeStep();
    const std::int64_t id = select.getColumn(0).getInt64();
    known.emplace(name, id);
    return id;
}

void ImportBatch::writeMedia()
{
    SQLite::Statement &upsert = m_statements->media;
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
        bindId(upsert, 11, nameId("subjects", fact.subject, m_subjects));
        run(upsert);
    }
}

void ImportBatch::writeCrops()
{
    SQLite::Statement &insert = m_statements->crop;
    for (const PendingCrop &crop : crops) {
        insert.bind(1, crop.id.value);
        insert.bind(2, crop.place.segment);
        insert.bind(3, crop.place.offset);
        insert.bind(4, crop.size);
        insert.bindNoCopy(5, crop.codec);
        insert.bind(6, crop.widthPx);
        insert.bind(7, crop.heightPx);
        insert.bind(8, crop.channels);
        insert.bindNoCopy(9, static_cast<const void *>(crop.hash.data()), static_cast<int>(crop.hash.size()));
        run(insert);
    }
}

void ImportBatch::bindSample(SQLite::Statement &statement, const NewSample &sample)
{
    statement.bind(1, m_source);
    statement.bindNoCopy(2, sample.sourceKey);
    statement.bindNoCopy(3, sample.displaySource);
    statement.bind(4, m_import.value);
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
    bindHash(statement, pixelHashParameter, sample.pixelHash);
    statement.bindNoCopy(15, sample.nativeLabel);
    statement.bindNoCopy(16, sample.nativeSpace);
    bindId(statement, 17, sample.givenClass ? sample.givenClass->value : 0);
    statement.bind(18, static_cast<int>(sample.state));
    statement.bind(19, static_cast<int>(sample.split));
    statement.bindNoCopy(20, sample.nativeSplit);
    bindOptional(statement, 21, sample.fold);
    bindOptional(statement, 22, sample.valence);
    bindOptional(statement, 23, sample.arousal);
    bindId(statement, 24, nameId("subjects", sample.subject, m_subjects));
    bindId(statement, 25, nameId("sequences", sample.sequence, m_sequences));
    statement.bindNoCopy(26, sample.origin);
    statement.bind(27, joined(sample.flags));
    bindPerceptualHash(statement, perceptualHashParameter, sample);
}

void ImportBatch::bindCrop(SQLite::Statement &statement, const PendingSample &pending)
{
    const NewSample &sample = pending.facts;
    bindId(statement, 1, sample.crop ? sample.crop->value : 0);
    statement.bind(2, sample.widthPx);
    statement.bind(3, sample.heightPx);
    bindHash(statement, 4, sample.pixelHash);
    statement.bind(5, joined(sample.flags));
    statement.bind(6, pending.id.value);
    bindPerceptualHash(statement, 7, sample);
}

/// Other pixels look like other pictures.
void ImportBatch::forgetLook(const PendingSample &pending)
{
    for (SQLite::Statement *statement : {&m_statements->forget, &m_statements->searchAgain}) {
        statement->bind(1, pending.id.value);
        bindHash(*statement, 2, pending.facts.pixelHash);
        run(*statement);
    }
}

void ImportBatch::writeFace(std::int64_t sample, const NewFace &face)
{
    SQLite::Statement &insert = m_statements->face;
    insert.bind(1, sample);
    insert.bind(2, face.detector);
    insert.bind(3, face.probability);
    insert.bind(4, face.box.x);
    insert.bind(5, face.box.y);
    insert.bind(6, face.box.width);
    insert.bind(7, face.box.height);
    insert.bind(8, face.landmarkScheme);
    bindBlob(insert, 9,
             face.landmarks.empty() ? std::string_view("") // no bytes are not NULL
                                    : std::string_view(reinterpret_cast<const char *>(face.landmarks.data()),
                                                       face.landmarks.size() * sizeof(double)));
    insert.bind(10, face.rotationDeg);
    insert.bind(11, face.cropFromFrame);
    bindOptional(insert, 12, face.track);
    if (face.picture) {
        insert.bind(13, face.picture->widthPx);
        insert.bind(14, face.picture->heightPx);
        insert.bind(15, std::bit_cast<std::int64_t>(face.picture->perceptualHash));
    }
    run(insert);
}

void ImportBatch::writeMeasures(std::int64_t sample, const std::map<std::string, double> &measures)
{
    SQLite::Statement &insert = m_statements->measure;
    for (const auto &[name, value] : measures) {
        auto known = m_measureNames.find(name);
        if (known == m_measureNames.end()) {
            SQLite::Statement add(m_database, "INSERT INTO measure_names (name) VALUES (?)"
                                              " ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id");
            add.bind(1, name);
            add.executeStep();
            known = m_measureNames.emplace(name, add.getColumn(0).getInt64()).first;
        }
        insert.bind(1, known->second);
        insert.bind(2, sample);
        insert.bind(3, value);
        insert.bind(4, m_settingsHash);
        run(insert);
    }
}

void ImportBatch::writeVotes(std::int64_t sample, const std::map<std::string, int> &counts)
{
    for (const auto &[option, count] : counts) {
        if (m_voteOptions.insert(option).second) {
            SQLite::Statement name(m_database, "INSERT OR IGNORE INTO vote_options (name) VALUES (?)");
            name.bind(1, option);
            name.exec();
        }
    }
    SQLite::Statement &insert = m_statements->votes;
    insert.bind(1, sample);
    insert.bind(2, voteCountsJson(counts));
    insert.bind(3, voteTotal(counts));
    insert.bind(4, voteEntropyBits(counts));
    run(insert);
}

void ImportBatch::writeLandmarks(const PendingSample &sample)
{
    if (sample.facts.landmarks.empty()) {
        if (sample.way == PendingSample::Way::Update) { // an earlier import may have brought some
            m_statements->noLandmarks.bind(1, sample.id.value);
            run(m_statements->noLandmarks);
        }
        return;
    }
    const std::string points = landmarkBytes(sample.facts.landmarks);
    SQLite::Statement &insert = m_statements->landmarks;
    insert.bind(1, sample.id.value);
    insert.bindNoCopy(2, sample.facts.landmarkScheme);
    bindBlob(insert, 3, points);
    run(insert);
}

void ImportBatch::writeClips(std::vector<SampleId> &changed)
{
    SQLite::Statement &insert = m_statements->clip;
    for (const NewClip &clip : clips) {
        insert.bind(1, clip.media.value);
        insert.bind(2, m_source);
        insert.bind(3, clip.sourceKey);
        insert.bind(4, clip.displaySource);
        insert.bind(5, m_import.value);
        insert.bind(6, clip.nativeLabel);
        insert.bind(7, clip.nativeSpace);
        bindId(insert, 8, clip.givenClass ? clip.givenClass->value : 0);
        insert.bind(9, static_cast<int>(clip.state));
        insert.bind(10, static_cast<int>(clip.split));
        insert.bind(11, clip.nativeSplit);
        bindOptional(insert, 12, clip.fold);
        bindOptional(insert, 13, clip.cut);
        bindId(insert, 14, nameId("subjects", clip.subject, m_subjects));
        bindId(insert, 15, nameId("sequences", clip.sequence, m_sequences));
        insert.bind(16, clip.origin);
        insert.bind(17, joined(clip.flags));
        bindOptional(insert, 18, clip.durationUs);
        run(insert);

        // Faces that were extracted before inherit what this import says.
        SQLite::Statement inherit(
            m_database, "UPDATE samples SET native_label = c.native_label, native_space = c.native_space,"
                        " given_class = c.given_class, given_state = c.given_state, given_split = c.given_split,"
                        " native_split = c.native_split, fold = c.fold, subject_id = c.subject_id,"
                        " sequence_id = c.sequence_id, origin = c.origin FROM clips c"
                        " WHERE samples.media_id = ?1 AND samples.time_us IS NOT NULL AND c.media_id = ?1"
                        " RETURNING samples.id");
        inherit.bind(1, clip.media.value);
        while (inherit.executeStep())
            changed.push_back({inherit.getColumn(0).getInt64()});
    }
}

void ImportBatch::writeSamples(std::vector<SampleId> &changed)
{
    std::int64_t firstNew = 0, lastNew = 0;
    for (const PendingSample &pending : samples) {
        const NewSample &sample = pending.facts;
        if (pending.way == PendingSample::Way::Update) {
            forgetLook(pending);
            bindSample(m_statements->update, sample);
            run(m_statements->update);
            changed.push_back(pending.id);
        } else if (pending.way == PendingSample::Way::CropOnly) {
            forgetLook(pending);
            bindCrop(m_statements->cropOnly, pending);
            run(m_statements->cropOnly);
        } else {
            SQLite::Statement &insert = m_statements->insert;
            bindSample(insert, sample);
            insert.bind(idParameter, pending.id.value);
            const bool isNew = insert.exec() > 0;
            insert.reset();
            if (!isNew)
                continue; // the same key twice: the first stays
            firstNew = firstNew == 0 ? pending.id.value : firstNew;
            lastNew = pending.id.value;
        }
        if (!sample.votes.empty())
            writeVotes(pending.id.value, sample.votes);
        if (sample.face)
            writeFace(pending.id.value, *sample.face);
        if (pending.way != PendingSample::Way::CropOnly)
            writeLandmarks(pending);
        writeMeasures(pending.id.value, sample.measures);
    }
    if (firstNew != 0) {
        m_statements->current.bind(1, firstNew);
        m_statements->current.bind(2, lastNew);
        m_statements->current.bind(3, m_import.value);
        run(m_statements->current);
    }
    for (const auto &[sample, counts] : votes)
        writeVotes(sample, counts);
}

void ImportBatch::writeExtractions(std::vector<SampleId> &changed)
{
    for (const auto &[seen, counts, state] : extractions) {
        for (SQLite::Statement *forget : {&m_statements->notExtracted, &m_statements->notBegun}) {
            forget->bind(1, seen.value);
            run(*forget);
        }
        if (state.empty()) {
            SQLite::Statement &insert = m_statements->extraction;
            insert.bind(1, seen.value);
            insert.bind(2, m_settingsHash);
            insert.bind(3, counts.frames);
            insert.bind(4, counts.faces);
            insert.bind(5, counts.crops);
            insert.bind(6, counts.noFace);
            insert.bind(7, nowMs());
            run(insert);
        } else {
            SQLite::Statement &insert = m_statements->begun;
            insert.bind(1, seen.value);
            insert.bind(2, m_import.value);
            insert.bindNoCopy(3, state);
            run(insert);
        }

        SQLite::Statement retire(m_database, "UPDATE samples SET retired = 1 WHERE media_id = ? AND retired = 0"
                                             " AND import_id IN (SELECT id FROM imports WHERE kind = 1 AND id <> ?)"
                                             " RETURNING id");
        retire.bind(1, seen.value);
        retire.bind(2, m_import.value);
        while (retire.executeStep())
            changed.push_back({retire.getColumn(0).getInt64()});
    }
}

} // namespace mien
