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
    enum class Way { Insert, Update, CropOnly };
    SampleId id;
    Way way = Way::Insert;
    NewSample facts;
};

struct PendingExtraction
{
    MediaId media;
    ExtractionCounts counts;
    std::string state; ///< Where it goes on; "": the medium is done.
};

/// Rows of an import that wait for their transaction, and how they are written. Throws SQLite::Exception.
class ImportBatch
{
public:
    std::vector<PendingMedia> media;
    std::vector<PendingCrop> crops;
    std::vector<NewClip> clips;
    std::vector<PendingSample> samples;
    std::vector<PendingExtraction> extractions;
    std::vector<std::pair<std::int64_t, std::map<std::string, int>>> votes; ///< Of stored samples, by sample id.

    /// @param settingsHash  of an extraction
    ImportBatch(SQLite::Database &database, std::int64_t source, ImportId import, std::string settingsHash);
    ~ImportBatch();

    /// Inside a transaction; refreshes what is derived from rows that were there before.
    void write();
    void clear();

private:
    struct Statements;

    void writeMedia();
    void writeCrops();
    void writeClips(std::vector<SampleId> &changed);
    void writeSamples(std::vector<SampleId> &changed);
    void writeExtractions(std::vector<SampleId> &changed);
    void bindSample(SQLite::Statement &statement, const NewSample &sample);
    void bindCrop(SQLite::Statement &statement, const PendingSample &sample);
    void forgetLook(const PendingSample &sample);
    void writeFace(std::int64_t sample, const NewFace &face);
    void writeMeasures(std::int64_t sample, const std::map<std::string, double> &measures);
    void writeVotes(std::int64_t sample, const std::map<std::string, int> &counts);
    void writeLandmarks(const PendingSample &sample);
    std::int64_t nameId(const char *table, const std::string &name,
                        std::unordered_map<std::string, std::int64_t> &known);

    SQLite::Database &m_database;
    std::int64_t m_source;
    ImportId m_import;
    std::string m_settingsHash;
    std::unique_ptr<Statements> m_statements;
    std::unordered_map<std::string, std::int64_t> m_subjects, m_sequences;
    std::unordered_set<std::string> m_voteOptions;
    std::unordered_map<std::string, std::int64_t> m_measureNames;
};

} // namespace mien
