#include "pipeline/store/media.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/current_labels.h"
#include "pipeline/store/media_columns.h"
#include "pipeline/store/project.h"
#include "pipeline/store/stored_path.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstring>

namespace mien {

MediaRow mediaFrom(const Project &project, MediaId id, SQLite::Statement &row, int first)
{
    MediaRow media;
    media.id = id;
    media.path = rootPath(project, row.getColumn(first).getInt() != 0, bytesOf(row.getColumn(first + 1))) /
                 bytesOf(row.getColumn(first + 2));
    media.kind = row.getColumn(first + 3).getString();
    media.bytes = row.getColumn(first + 4).getInt64();
    media.modifiedMs = row.getColumn(first + 5).getInt64();
    if (const std::string hash = bytesOf(row.getColumn(first + 6)); hash.size() == sizeof(Hash128)) {
        media.hash.emplace();
        std::memcpy(media.hash->data(), hash.data(), hash.size());
    }
    media.widthPx = row.getColumn(first + 7).getInt();
    media.heightPx = row.getColumn(first + 8).getInt();
    media.orientation = row.getColumn(first + 9).getInt();
    if (const SQLite::Column turn = row.getColumn(first + 10); !turn.isNull())
        media.turnDeg = turn.getInt();
    return media;
}

std::optional<MediaRow> mediaOf(const Project &project, MediaId id)
{
    return plain(project, [&]() -> std::optional<MediaRow> {
        SQLite::Statement select(project.database(),
                                 std::string("SELECT ") + mediaColumns +
                                     " FROM media m JOIN roots b ON b.id = m.root_id WHERE m.id = ?");
        select.bind(1, id.value);
        return select.executeStep() ? std::optional(mediaFrom(project, id, select, 0)) : std::nullopt;
    });
}

Result<> setTurn(Project &project, MediaId media, std::optional<int> turnDeg)
{
    if (turnDeg && *turnDeg != 0 && *turnDeg != 90 && *turnDeg != 180 && *turnDeg != 270)
        return fail(ErrorCode::Invalid,
                    "A video is turned by 0, 90, 180 or 270 degrees, not by " + std::to_string(*turnDeg) + ".");
    return project.change("Turning a video", [&](SQLite::Database &database) -> Result<> {
        SQLite::Statement update(database, "UPDATE media SET turn = ?1 WHERE id = ?2 AND turn IS NOT ?1");
        if (turnDeg)
            update.bind(1, *turnDeg);
        update.bind(2, media.value);
        if (update.exec() == 0)
            return {};
        // What an interrupted extraction stored of it would be completed, turned otherwise.
        SQLite::Statement retire(database,
                                 "UPDATE samples SET retired = 1 WHERE media_id = ?1 AND retired = 0 AND import_id IN"
                                 " (SELECT import_id FROM extractions_begun WHERE media_id = ?1) RETURNING id");
        retire.bind(1, media.value);
        std::vector<SampleId> changed;
        while (retire.executeStep())
            changed.push_back({retire.getColumn(0).getInt64()});
        refreshCurrentOf(database, changed);
        for (const char *table : {"extractions", "extractions_begun"}) {
            SQLite::Statement forget(database, std::string("DELETE FROM ") + table + " WHERE media_id = ?");
            forget.bind(1, media.value);
            forget.exec();
        }
        return {};
    });
}

std::optional<SampleOrigin> originOf(const Project &project, SampleId sample)
{
    return plain(project, [&]() -> std::optional<SampleOrigin> {
        SQLite::Statement select(
            project.database(), "SELECT s.media_id, s.time_us, s.box_x, s.box_y, s.box_width, s.box_height, o.importer,"
                                " s.source_key, s.native_label, s.native_space, s.native_split, s.fold, s.origin"
                                " FROM samples s JOIN sources o ON o.id = s.source_id WHERE s.id = ?");
        select.bind(1, sample.value);
        if (!select.executeStep())
            return std::nullopt;
        SampleOrigin origin;
        origin.media = {select.getColumn(0).getInt64()};
        if (!select.getColumn(1).isNull())
            origin.timeUs = select.getColumn(1).getInt64();
        if (!select.getColumn(2).isNull())
            origin.box = BoxPx{select.getColumn(2).getDouble(), select.getColumn(3).getDouble(),
                               select.getColumn(4).getDouble(), select.getColumn(5).getDouble()};
        origin.importer = select.getColumn(6).getString();
        origin.sourceKey = select.getColumn(7).getString();
        origin.nativeLabel = select.getColumn(8).getString();
        origin.nativeSpace = select.getColumn(9).getString();
        origin.nativeSplit = select.getColumn(10).getString();
        if (!select.getColumn(11).isNull())
            origin.fold = select.getColumn(11).getInt();
        origin.origin = select.getColumn(12).getString();
        return origin;
    });
}

std::optional<SampleId> sampleWithKey(const Project &project, const std::string &importer, const std::string &key)
{
    return plain(project, [&]() -> std::optional<SampleId> {
        SQLite::Statement select(project.database(), "SELECT s.id FROM sources o JOIN samples s ON s.source_id = o.id"
                                                     " WHERE o.importer = ? AND s.source_key = ? ORDER BY o.id DESC");
        select.bind(1, importer);
        select.bind(2, key);
        if (!select.executeStep())
            return std::nullopt;
        return SampleId{select.getColumn(0).getInt64()};
    });
}

Result<std::vector<LostMedia>> lostMedia(const Project &project, const Job &job)
{
    return guarded(project.folder() / "project.db", "Reading the project", [&]() -> Result<std::vector<LostMedia>> {
        SQLite::Statement select(project.database(),
                                 "SELECT r.in_project, r.path, m.path FROM media m JOIN roots r ON r.id = m.root_id"
                                 " WHERE m.id IN (SELECT s.media_id FROM current_labels c"
                                 " CROSS JOIN samples s ON s.id = c.sample_id WHERE s.crop_id IS NULL)"
                                 " ORDER BY r.id, m.path");
        std::vector<LostMedia> roots;
        for (std::size_t looked = 0; select.executeStep(); ++looked) {
            if (looked % 256 == 0 && job.stop.stop_requested())
                return fail(ErrorCode::Cancelled, "The examination was stopped.");
            const auto root = rootPath(project, select.getColumn(0).getInt() != 0, bytesOf(select.getColumn(1)));
            if (roots.empty() || roots.back().root != root)
                roots.push_back({root, 0, 0, {}});
            LostMedia &media = roots.back();
            ++media.files;
            const std::filesystem::path file = root / bytesOf(select.getColumn(2));
            std::error_code error;
            if (std::filesystem::exists(file, error))
                continue;
            if (++media.lost == 1)
                media.example = file;
        }
        std::erase_if(roots, [](const LostMedia &media) { return media.lost == 0; });
        return roots;
    });
}

Result<int> relocate(Project &project, const std::filesystem::path &from, const std::filesystem::path &to)
{
    const std::filesystem::path oldPlace = std::filesystem::absolute(from).lexically_normal();
    const std::filesystem::path newPlace = std::filesystem::absolute(to).lexically_normal();
    int moved = 0;
    const auto changed = project.change("Relocating", [&](SQLite::Database &database) -> Result<> {
        std::vector<std::pair<std::int64_t, std::string>> roots;
        SQLite::Statement select(database, "SELECT id, path FROM roots WHERE in_project = 0");
        while (select.executeStep()) {
            const std::filesystem::path path = bytesOf(select.getColumn(1));
            const std::filesystem::path relative = path.lexically_relative(oldPlace);
            if (relative.empty() || *relative.begin() == "..")
                continue;
            roots.emplace_back(select.getColumn(0).getInt64(), (newPlace / relative).lexically_normal().string());
        }
        for (const auto &[id, path] : roots) {
            SQLite::Statement update(database, "UPDATE roots SET path = ? WHERE id = ?");
            update.bind(1, static_cast<const void *>(path.data()), static_cast<int>(path.size()));
            update.bind(2, id);
            update.exec();
            ++moved;
        }
        if (moved == 0)
            return fail(ErrorCode::NotFound, "No media of this project lie in " + oldPlace.string() + ".");
        return {};
    });
    if (!changed)
        return fail(changed.error());
    return moved;
}

} // namespace mien
