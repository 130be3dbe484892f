#include "pipeline/store/import_batch.h"

#include "pipeline/store/current_labels.h"
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

std::string updateSampleSql()
{
    std::string text = "UPDATE samples SET ";
    int index = 3;
    for (const char *column : sampleColumns) {
        if (index > 3)
            text += ", ";
        text.append(column).append(" = ");
        const std::string mark = "?" + std::to_string(index++);
        // Of unchanged pixels `dedup` may have made it.
        text += std::string_view(column) == "perceptual_hash"
                    ? "CASE WHEN pixel_hash IS ?" + std::to_string(pixelHashParameter) + " THEN coalesce(" + mark +
                          ", perceptual_hash) ELSE " + mark + " END"
                    : mark;
    }
    return text + " WHERE source_id = ?1 AND source_key = ?2";
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
    SQLite::Statement media, crop, insert, update, forget, current, votes;

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
        , insert(database, insertSampleSql())
        , update(database, updateSampleSql())
        , forget(database, "DELETE FROM near_duplicates WHERE sample_id IN (SELECT id FROM samples WHERE id = ?"
                           " AND pixel_hash IS NOT ?)")
        , current(database,
                  "INSERT INTO current_labels (sample_id, class_id, state, given_class, split, excluded, reviews, flag)"
                  " SELECT id, given_class, given_state, given_class, given_split, 0, 0, 0 FROM samples"
                  " WHERE id BETWEEN ? AND ? AND import_id = ?")
        , votes(database, "INSERT OR REPLACE INTO votes (sample_id, counts, total, entropy) VALUES (?, ?, ?, ?)")
    {
    }
};

ImportBatch::ImportBatch(SQLite::Database &database, std::int64_t source, ImportId import)
    : m_database(database)
    , m_source(source)
    , m_import(import)
    , m_statements(std::make_unique<Statements>(database))
{
}

ImportBatch::~ImportBatch() = default;

void ImportBatch::write()
{
    writeMedia();
    writeCrops();
    writeSamples();
}

void ImportBatch::clear()
{
    media.clear();
    crops.clear();
    samples.clear();
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
    std::string flags;
    for (const std::string &flag : sample.flags)
        flags += (flags.empty() ? "" : ",") + flag;
    statement.bind(27, flags);
    if (sample.perceptualHash)
        statement.bind(perceptualHashParameter, std::bit_cast<std::int64_t>(*sample.perceptualHash));
    else
        statement.bind(perceptualHashParameter);
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

void ImportBatch::writeSamples()
{
    std::vector<SampleId> changed;
    std::int64_t firstNew = 0, lastNew = 0;
    for (const PendingSample &pending : samples) {
        const NewSample &sample = pending.facts;
        if (pending.isStored) {
            m_statements->forget.bind(1, pending.id.value); // other pixels look like other pictures
            bindHash(m_statements->forget, 2, sample.pixelHash);
            run(m_statements->forget);
            bindSample(m_statements->update, sample);
            run(m_statements->update);
            changed.push_back(pending.id);
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
    }
    if (firstNew != 0) {
        m_statements->current.bind(1, firstNew);
        m_statements->current.bind(2, lastNew);
        m_statements->current.bind(3, m_import.value);
        run(m_statements->current);
    }
    for (const auto &[sample, counts] : votes)
        writeVotes(sample, counts);
    if (!changed.empty())
        refreshCurrentOf(m_database, changed);
}

} // namespace mien
