#include "pipeline/store/near_duplicates.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/project.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace mien {
namespace {

/// More than one value among those that there are.
template <typename Value>
bool differ(const NearDuplicateGroup &group, Value value)
{
    decltype(value(group.front())) first{};
    for (const NearDuplicate &one : group) {
        const auto here = value(one);
        if (!here)
            continue;
        if (first && *here != *first)
            return true;
        first = here;
    }
    return false;
}

} // namespace

Result<std::vector<SampleLook>> sampleLooks(const Project &project, const Job &job)
{
    return guarded(project.folder() / "project.db", "Reading samples", [&]() -> Result<std::vector<SampleLook>> {
        // A box cuts its part out of a picture of which the whole was hashed; a crop was hashed itself.
        SQLite::Statement select(
            project.database(), "SELECT s.id, CASE WHEN s.box_x IS NULL OR s.crop_id IS NOT NULL THEN s.pixel_hash END,"
                                " s.perceptual_hash FROM current_labels c JOIN samples s ON s.id = c.sample_id"
                                " ORDER BY c.sample_id");
        std::vector<SampleLook> looks;
        while (select.executeStep()) {
            if (job.stop.stop_requested())
                return fail(ErrorCode::Cancelled, "Reading samples was stopped.");
            SampleLook look{{select.getColumn(0).getInt64()}, {}, {}};
            if (const SQLite::Column hash = select.getColumn(1); hash.getBytes() == int(sizeof(Hash128)))
                std::memcpy(look.pixelHash.emplace().data(), hash.getBlob(), sizeof(Hash128));
            if (const SQLite::Column hash = select.getColumn(2); !hash.isNull())
                look.perceptualHash = std::bit_cast<std::uint64_t>(hash.getInt64());
            looks.push_back(look);
        }
        return looks;
    });
}

Result<> storePerceptualHashes(Project &project, std::span<const std::pair<SampleId, std::uint64_t>> hashes)
{
    return project.change("Storing perceptual hashes", [&](SQLite::Database &database) -> Result<> {
        SQLite::Statement update(database, "UPDATE samples SET perceptual_hash = ? WHERE id = ?");
        for (const auto &[sample, hash] : hashes) {
            update.bind(1, std::bit_cast<std::int64_t>(hash));
            update.bind(2, sample.value);
            update.exec();
            update.reset();
        }
        return {};
    });
}

Result<std::vector<FaceInPicture>> facesInPictures(const Project &project, const Job &job)
{
    return guarded(project.folder() / "project.db", "Reading faces", [&]() -> Result<std::vector<FaceInPicture>> {
        SQLite::Statement select(
            project.database(),
            "SELECT s.id, s.media_id, s.time_us, f.picture_width, f.picture_height, f.picture_hash, f.box_x, f.box_y,"
            " f.box_width, f.box_height, f.crop_from_frame, s.width, s.height FROM faces f"
            " JOIN current_labels c ON c.sample_id = f.sample_id JOIN samples s ON s.id = f.sample_id"
            " WHERE f.picture_hash IS NOT NULL AND s.crop_id IS NOT NULL ORDER BY f.sample_id");
        std::vector<FaceInPicture> faces;
        while (select.executeStep()) {
            if (job.stop.stop_requested())
                return fail(ErrorCode::Cancelled, "Reading faces was stopped.");
            FaceInPicture face{.id = {select.getColumn(0).getInt64()}, .media = {select.getColumn(1).getInt64()}};
            if (const SQLite::Column time = select.getColumn(2); !time.isNull())
                face.timeUs = time.getInt64();
            face.picture = {select.getColumn(3).getInt(), select.getColumn(4).getInt(),
                            std::bit_cast<std::uint64_t>(select.getColumn(5).getInt64())};
            face.box = {select.getColumn(6).getDouble(), select.getColumn(7).getDouble(),
                        select.getColumn(8).getDouble(), select.getColumn(9).getDouble()};
            face.cropFromFrame = select.getColumn(10).getString();
            face.cropWidthPx = select.getColumn(11).getInt();
            face.cropHeightPx = select.getColumn(12).getInt();
            faces.push_back(std::move(face));
        }
        return faces;
    });
}

std::optional<NearDuplicateSearch> lastNearDuplicateSearch(const Project &project)
{
    return plain(project, [&]() -> std::optional<NearDuplicateSearch> {
        SQLite::Statement select(project.database(), "SELECT value FROM meta WHERE key = ?");
        select.bind(1, nearDuplicateSearchKey);
        if (!select.executeStep())
            return std::nullopt;
        long long distance = 0, atMs = 0, newest = 0;
        if (std::sscanf(select.getColumn(0).getString().c_str(), "%lld %lld %lld", &distance, &atMs, &newest) != 3)
            return std::nullopt;
        SQLite::Statement since(project.database(), "SELECT count(*) FROM current_labels WHERE sample_id > ?");
        since.bind(1, std::int64_t(newest));
        since.executeStep();
        return NearDuplicateSearch{int(distance), atMs, since.getColumn(0).getInt64()};
    });
}

Result<> storeNearDuplicates(Project &project, const std::vector<std::vector<SampleId>> &groups, int distance,
                             const Job &job)
{
    return project.change("Storing near-duplicates", [&](SQLite::Database &database) -> Result<> {
        database.exec("DELETE FROM near_duplicates");
        SQLite::Statement insert(database,
                                 "INSERT INTO near_duplicates (sample_id, group_id, group_size) VALUES (?, ?, ?)");
        for (const std::vector<SampleId> &group : groups) {
            if (job.stop.stop_requested())
                return fail(ErrorCode::Cancelled, "Storing near-duplicates was stopped; the former ones are kept.");
            const SampleId name = *std::min_element(group.begin(), group.end());
            for (const SampleId sample : group) {
                insert.bind(1, sample.value);
                insert.bind(2, name.value);
                insert.bind(3, static_cast<std::int64_t>(group.size()));
                insert.exec();
                insert.reset();
            }
        }
        SQLite::Statement note(database, "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2 || ' ' ||"
                                         " (SELECT coalesce(max(sample_id), 0) FROM current_labels))");
        note.bind(1, nearDuplicateSearchKey);
        note.bind(2, std::to_string(distance) + ' ' + std::to_string(nowMs()));
        note.exec();
        return {};
    });
}

bool hasConflict(const NearDuplicateGroup &group)
{
    return differ(group, [](const NearDuplicate &one) { return one.label; });
}

bool isAcrossSplits(const NearDuplicateGroup &group)
{
    return differ(group, [](const NearDuplicate &one) {
        return one.split == Split::None ? std::nullopt : std::optional(one.split);
    });
}

Result<std::vector<NearDuplicateGroup>> nearDuplicateGroups(const Project &project)
{
    return guarded(
        project.folder() / "project.db", "Reading near-duplicates", [&]() -> Result<std::vector<NearDuplicateGroup>> {
            SQLite::Statement select(
                project.database(),
                "SELECT n.group_id, n.sample_id, s.source, c.class_id, c.split, c.excluded FROM near_duplicates n"
                " JOIN current_labels c ON c.sample_id = n.sample_id JOIN samples s ON s.id = n.sample_id"
                " ORDER BY n.group_id, n.sample_id");
            std::vector<NearDuplicateGroup> groups;
            std::int64_t name = 0;
            while (select.executeStep()) {
                if (groups.empty() || select.getColumn(0).getInt64() != name)
                    groups.emplace_back();
                name = select.getColumn(0).getInt64();
                NearDuplicate one{{select.getColumn(1).getInt64()}, select.getColumn(2).getString(), {}, Split::None};
                if (select.getColumn(5).getInt() == 0) {
                    if (const SQLite::Column label = select.getColumn(3); !label.isNull())
                        one.label = ClassId{label.getInt64()};
                    one.split = static_cast<Split>(select.getColumn(4).getInt());
                }
                groups.back().push_back(std::move(one));
            }
            std::erase_if(groups, [](const NearDuplicateGroup &group) { return group.size() < 2; });
            return groups;
        });
}

} // namespace mien
