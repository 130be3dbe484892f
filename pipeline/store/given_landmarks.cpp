#include "pipeline/store/given_landmarks.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/project.h"
#include "pipeline/store/stored_path.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <bit>
#include <cstdint>

namespace mien {

namespace {

constexpr std::size_t idsAtOnce = 500;

} // namespace

Result<std::optional<GivenLandmarks>> givenLandmarks(const Project &project, SampleId sample)
{
    return guarded(
        project.folder() / "project.db", "Reading landmarks", [&]() -> Result<std::optional<GivenLandmarks>> {
            SQLite::Statement select(project.database(),
                                     "SELECT scheme, points FROM given_landmarks WHERE sample_id = ?");
            select.bind(1, sample.value);
            if (!select.executeStep())
                return std::optional<GivenLandmarks>();
            return GivenLandmarks{select.getColumn(0).getString(), landmarksFrom(select.getColumn(1).getString())};
        });
}

Result<std::unordered_map<SampleId, StoredLandmarks>> storedLandmarks(const Project &project,
                                                                      std::span<const SampleId> samples)
{
    using Found = std::unordered_map<SampleId, StoredLandmarks>;
    return guarded(project.folder() / "project.db", "Reading landmarks", [&]() -> Result<Found> {
        Found found;
        for (std::size_t from = 0; from < samples.size(); from += idsAtOnce) {
            const std::span part = samples.subspan(from, std::min(idsAtOnce, samples.size() - from));
            std::string sql = "SELECT s.id, g.scheme, g.points, f.landmark_scheme, f.landmarks, f.crop_from_frame"
                              " FROM samples s LEFT JOIN given_landmarks g ON g.sample_id = s.id"
                              " LEFT JOIN faces f ON f.sample_id = s.id"
                              " WHERE (g.sample_id IS NOT NULL OR f.sample_id IS NOT NULL) AND s.id IN (";
            for (std::size_t i = 0; i < part.size(); ++i)
                sql += i ? ",?" : "?";
            SQLite::Statement select(project.database(), sql + ")");
            for (std::size_t i = 0; i < part.size(); ++i)
                select.bind(int(i) + 1, part[i].value);
            while (select.executeStep()) {
                StoredLandmarks &stored = found[SampleId{select.getColumn(0).getInt64()}];
                if (!select.getColumn(1).isNull())
                    stored.given = {select.getColumn(1).getString(), landmarksFrom(bytesOf(select.getColumn(2)))};
                if (select.getColumn(3).isNull())
                    continue;
                stored.foundScheme = select.getColumn(3).getString();
                stored.found = landmarksFrom(bytesOf(select.getColumn(4)));
                stored.cropFromFrame = select.getColumn(5).getString();
            }
        }
        return found;
    });
}

std::string landmarkBytes(std::span<const double> points)
{
    std::string bytes;
    bytes.reserve(points.size() * 8);
    for (const double point : points)
        for (int shift = 0; shift < 64; shift += 8)
            bytes += static_cast<char>(std::bit_cast<std::uint64_t>(point) >> shift);
    return bytes;
}

std::vector<double> landmarksFrom(std::string_view bytes)
{
    std::vector<double> points;
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < 8; ++i)
            bits |= std::uint64_t(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
        points.push_back(std::bit_cast<double>(bits));
    }
    return points;
}

} // namespace mien
