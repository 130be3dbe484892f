#include "pipeline/store/given_landmarks.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/project.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <bit>
#include <cstdint>

namespace mien {

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
