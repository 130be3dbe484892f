#include "pipeline/store/connection.h"
#include "pipeline/store/project.h"
#include "pipeline/store/sample_joins.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/vote_counts.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace mien {
namespace {

constexpr std::size_t idsAtOnce = 500;

std::string placeholders(std::size_t count)
{
    std::string marks;
    for (std::size_t i = 0; i < count; ++i)
        marks += i ? ",?" : "?";
    return marks;
}

constexpr std::string_view rowColumns =
    "SELECT c.sample_id, s.source, s.media_id, s.crop_id, s.width, s.height, c.given_class, s.given_state, c.class_id,"
    " c.state, c.split, j.name, q.name, v.counts, s.valence, s.arousal, d.group_id, d.group_size, c.excluded,"
    " c.reviews, s.quality_flags, c.flag, c.predicted, k.sample_id, k.scored_class, k.crop_id, k.suspicion,"
    " k.eac_noise, k.eac_inconsistency, k.arbex_noise, k.arbex_confidence, k.self_confidence, k.margin, k.cl_noise,"
    " k.suggested, s.source_id, n.group_id FROM current_labels c";

/// Rows of `count` ids.
std::string rowsOf(std::size_t count)
{
    std::string sql(rowColumns);
    for (const std::string_view join :
         {joinSamples, joinSubjects, joinSequences, joinVotes, joinDuplicates, joinNearDuplicates, joinScores})
        sql.append(" ").append(join);
    return sql + " WHERE c.sample_id IN (" + placeholders(count) + ")";
}

std::optional<ClassId> classIn(const SQLite::Column &column)
{
    if (column.isNull())
        return std::nullopt;
    return ClassId{column.getInt64()};
}

std::optional<double> numberIn(const SQLite::Column &column)
{
    if (column.isNull())
        return std::nullopt;
    return column.getDouble();
}

double numberOrNaN(const SQLite::Column &column)
{
    return column.isNull() ? std::numeric_limits<double>::quiet_NaN() : column.getDouble();
}

std::vector<std::string> splitAtCommas(const std::string &text)
{
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

SampleRow rowOf(SQLite::Statement &select)
{
    SampleRow row;
    row.id = {select.getColumn(0).getInt64()};
    row.source = select.getColumn(1).getString();
    row.media = {select.getColumn(2).getInt64()};
    const std::int64_t crop = select.getColumn(3).getInt64();
    if (crop != 0)
        row.crop = CropId{crop};
    row.widthPx = select.getColumn(4).getInt();
    row.heightPx = select.getColumn(5).getInt();
    row.given = classIn(select.getColumn(6));
    row.givenState = static_cast<LabelState>(select.getColumn(7).getInt());
    row.label = classIn(select.getColumn(8));
    row.state = static_cast<LabelState>(select.getColumn(9).getInt());
    row.split = static_cast<Split>(select.getColumn(10).getInt());
    row.subject = select.getColumn(11).getString();
    row.sequence = select.getColumn(12).getString();
    if (const auto votes = select.getColumn(13); !votes.isNull())
        row.votes = voteCountsFromJson(votes.getString());
    row.valence = numberIn(select.getColumn(14));
    row.arousal = numberIn(select.getColumn(15));
    row.duplicateGroup = select.getColumn(16).getInt64();
    row.duplicateGroupSize = select.getColumn(17).getInt();
    row.excluded = select.getColumn(18).getInt() != 0;
    row.reviews = select.getColumn(19).getInt();
    row.qualityFlags = splitAtCommas(select.getColumn(20).getString());
    row.flag = static_cast<FlagState>(select.getColumn(21).getInt());
    row.predicted = classIn(select.getColumn(22));
    row.dataSet = select.getColumn(35).getInt64();
    row.nearDuplicateGroup = select.getColumn(36).getInt64();
    row.scored = !select.getColumn(23).isNull();
    if (!row.scored)
        return row;
    row.stale = classIn(select.getColumn(24)) != row.label || select.getColumn(25).getInt64() != crop;
    row.suspicion = select.getColumn(26).getDouble();
    row.eacNoise = numberOrNaN(select.getColumn(27));
    row.eacInconsistency = numberOrNaN(select.getColumn(28));
    row.arbexNoise = numberOrNaN(select.getColumn(29));
    row.arbexConfidence = numberOrNaN(select.getColumn(30));
    row.selfConfidence = select.getColumn(31).getDouble();
    row.margin = select.getColumn(32).getDouble();
    row.clNoise = select.getColumn(33).getDouble();
    row.suggested = classIn(select.getColumn(34));
    return row;
}

} // namespace

Result<std::vector<SampleRow>> sampleRows(const Project &project, std::span<const SampleId> ids)
{
    return guarded(project.folder() / "project.db", "Reading the project", [&]() -> Result<std::vector<SampleRow>> {
        SQLite::Database &database = project.database();
        const bool hasTags = database.execAndGet("SELECT EXISTS (SELECT 1 FROM current_tags)").getInt() != 0;
        std::vector<SampleRow> rows;
        rows.reserve(ids.size());
        std::unordered_map<SampleId, SampleRow> found;
        for (std::size_t begin = 0; begin < ids.size(); begin += idsAtOnce) {
            const auto chunk = ids.subspan(begin, std::min(idsAtOnce, ids.size() - begin));
            found.clear();
            SQLite::Statement select(database, rowsOf(chunk.size()));
            for (std::size_t i = 0; i < chunk.size(); ++i)
                select.bind(static_cast<int>(i) + 1, chunk[i].value);
            while (select.executeStep()) {
                SampleRow row = rowOf(select);
                found.emplace(row.id, std::move(row));
            }
            if (hasTags) {
                SQLite::Statement tags(database, "SELECT t.sample_id, g.name FROM current_tags t"
                                                 " JOIN tags g ON g.id = t.tag_id WHERE t.sample_id IN (" +
                                                     placeholders(chunk.size()) + ") ORDER BY g.name");
                for (std::size_t i = 0; i < chunk.size(); ++i)
                    tags.bind(static_cast<int>(i) + 1, chunk[i].value);
                while (tags.executeStep()) {
                    if (const auto row = found.find({tags.getColumn(0).getInt64()}); row != found.end())
                        row->second.tags.push_back(tags.getColumn(1).getString());
                }
            }
            for (const SampleId id : chunk) {
                if (const auto row = found.find(id); row != found.end())
                    rows.push_back(row->second);
            }
        }
        return rows;
    });
}

} // namespace mien
