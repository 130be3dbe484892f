#include "pipeline/store/sources.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/project.h"
#include "pipeline/store/stored_path.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace mien {
namespace {

constexpr std::size_t idsAtOnce = 500;

constexpr const char *originColumns =
    "SELECT s.id, s.source_id, o.importer, r.in_project, r.path, m.path, m.kind, m.orientation, s.source_key,"
    " s.native_label, s.native_space, s.native_split, s.origin, s.fold, s.time_us, s.box_x, s.box_y, s.box_width,"
    " s.box_height, s.pixel_hash"
    " FROM samples s JOIN sources o ON o.id = s.source_id JOIN media m ON m.id = s.media_id"
    " JOIN roots r ON r.id = m.root_id JOIN current_labels c ON c.sample_id = s.id WHERE s.id IN (";

SampleFacts originIn(const Project &project, SQLite::Statement &row)
{
    SampleFacts origin;
    origin.id = {row.getColumn(0).getInt64()};
    origin.source = row.getColumn(1).getInt64();
    origin.importer = row.getColumn(2).getString();
    origin.mediaPath =
        rootPath(project, row.getColumn(3).getInt() != 0, bytesOf(row.getColumn(4))) / bytesOf(row.getColumn(5));
    origin.mediaKind = row.getColumn(6).getString();
    origin.orientation = row.getColumn(7).getInt();
    origin.sourceKey = row.getColumn(8).getString();
    origin.nativeLabel = row.getColumn(9).getString();
    origin.nativeSpace = row.getColumn(10).getString();
    origin.nativeSplit = row.getColumn(11).getString();
    origin.origin = row.getColumn(12).getString();
    if (const SQLite::Column fold = row.getColumn(13); !fold.isNull())
        origin.fold = fold.getInt();
    if (const SQLite::Column time = row.getColumn(14); !time.isNull())
        origin.timeUs = time.getInt64();
    if (!row.getColumn(15).isNull())
        origin.box = BoxPx{row.getColumn(15).getDouble(), row.getColumn(16).getDouble(), row.getColumn(17).getDouble(),
                           row.getColumn(18).getDouble()};
    if (const SQLite::Column hash = row.getColumn(19); hash.getBytes() == int(sizeof(Hash128)))
        std::memcpy(origin.pixelHash.emplace().data(), hash.getBlob(), sizeof(Hash128));
    return origin;
}

} // namespace

Result<std::vector<SampleFacts>> sampleFacts(const Project &project, std::span<const SampleId> ids)
{
    return guarded(project.folder() / "project.db", "Reading samples", [&]() -> Result<std::vector<SampleFacts>> {
        std::unordered_map<SampleId, SampleFacts> found;
        for (std::size_t from = 0; from < ids.size(); from += idsAtOnce) {
            const std::span part = ids.subspan(from, std::min(idsAtOnce, ids.size() - from));
            std::string sql = originColumns;
            for (std::size_t i = 0; i < part.size(); ++i)
                sql += i ? ",?" : "?";
            SQLite::Statement select(project.database(), sql + ")");
            for (std::size_t i = 0; i < part.size(); ++i)
                select.bind(int(i) + 1, part[i].value);
            while (select.executeStep()) {
                SampleFacts origin = originIn(project, select);
                found.emplace(origin.id, std::move(origin));
            }
        }
        std::vector<SampleFacts> origins;
        origins.reserve(ids.size());
        for (const SampleId id : ids)
            if (const auto row = found.find(id); row != found.end())
                origins.push_back(row->second);
        return origins;
    });
}

Result<SamplesLeft> samplesNotBroughtAgain(const Project &project, ImportId import)
{
    return guarded(project.folder() / "project.db", "Looking at the import", [&]() -> Result<SamplesLeft> {
        constexpr int byImport = 0; // not by an extraction, which has imports of its own
        SQLite::Statement select(
            project.database(), "SELECT count(*), min(id), source FROM samples WHERE source_id ="
                                " (SELECT source_id FROM imports WHERE id = ?1) AND import_id <> ?1 AND retired = 0"
                                " AND import_id IN (SELECT id FROM imports WHERE removed_at_ms IS NULL AND kind = ?2)");
        select.bind(1, import.value);
        select.bind(2, byImport);
        SamplesLeft left;
        if (select.executeStep() && select.getColumn(0).getInt64() > 0)
            left = {select.getColumn(0).getInt64(), select.getColumn(2).getString()};
        return left;
    });
}

} // namespace mien
