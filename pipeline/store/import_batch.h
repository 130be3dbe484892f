#pragma once

#include "pipeline/store/crop_segments.h"
#include "pipeline/store/import_writer.h"

#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace SQLite {
class Database;
class Statement;
} // namespace SQLite

namespace mien {

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
    std::string path; ///< Below its root, raw bytes.
    NewMedia media;
};

struct PendingSample
{
    SampleId id;
    bool isStored = false; ///< By an earlier import: its row is updated.
    NewSample facts;
};

/// Rows of an import that wait for their transaction, and how they are written. Throws SQLite::Exception.
class ImportBatch
{
public:
    std::vector<PendingMedia> media;
    std::vector<PendingCrop> crops;
    std::vector<PendingSample> samples;
    std::vector<std::pair<std::int64_t, std::map<std::string, int>>> votes; ///< Of stored samples, by sample id.

    ImportBatch(SQLite::Database &database, std::int64_t source, ImportId import);
    ~ImportBatch();

    /// Inside a transaction; refreshes what is derived from rows that were there before.
    void write();
    void clear();

private:
    struct Statements;

    void writeMedia();
    void writeCrops();
    void writeSamples();
    void bindSample(SQLite::Statement &statement, const NewSample &sample);
    void writeVotes(std::int64_t sample, const std::map<std::string, int> &counts);
    void writeLandmarks(const PendingSample &sample);
    void writeMeasures(std::int64_t sample, const std::map<std::string, double> &measures);
    std::int64_t nameId(const char *table, const std::string &name,
                        std::unordered_map<std::string, std::int64_t> &known);

    SQLite::Database &m_database;
    std::int64_t m_source;
    ImportId m_import;
    std::unique_ptr<Statements> m_statements;
    std::unordered_map<std::string, std::int64_t> m_subjects, m_sequences, m_measures;
    std::unordered_set<std::string> m_voteOptions;
};

} // namespace mien
