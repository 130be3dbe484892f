#include "pipeline/jobs/run_neighbours.h"

#include "models/io/safetensors.h"

#include <string>
#include <system_error>

namespace mien {

namespace fs = std::filesystem;

Result<std::vector<SampleId>> RunNeighbours::of(SampleId sample)
{
    if (const auto loaded = load(); !loaded)
        return fail(loaded.error());
    const std::string run = m_runFolder.filename().string();
    const auto row = m_rows.find(sample.value);
    if (row == m_rows.end())
        return fail(ErrorCode::NotFound, "Sample " + std::to_string(sample.value) + " was not scored by run " + run +
                                             "; flag with it again.");
    std::vector<SampleId> nearest;
    for (std::size_t i = 0; i < m_width; ++i)
        if (const std::int64_t id = m_nearest[row->second * m_width + i]; id >= 0 && id != sample.value)
            nearest.push_back(SampleId{id});
    if (nearest.empty())
        return fail(ErrorCode::NotFound,
                    "Run " + run + " was scored before neighbours were kept; train and flag again to see them.");
    return nearest;
}

Result<> RunNeighbours::load()
{
    const fs::path path = m_runFolder / "scores.safetensors";
    std::error_code error;
    const auto written = fs::last_write_time(path, error);
    if (error)
        return fail(ErrorCode::NotFound,
                    "Run " + m_runFolder.filename().string() + " has no scores yet; flag with it.");
    if (written == m_loaded)
        return {};
    const auto file = SafetensorsFile::open(path);
    if (!file)
        return fail(file.error());
    const auto samples = file->values<std::int64_t>("sample");
    if (!samples)
        return fail(samples.error());
    m_rows.clear();
    m_nearest.clear();
    m_width = 0;
    for (std::size_t row = 0; row < samples->size(); ++row)
        m_rows.emplace((*samples)[row], row);
    if (const TensorView *nearest = file->find("neighbour_samples")) {
        if (nearest->shape.size() != 2 || nearest->shape[0] != std::int64_t(samples->size()))
            return fail(ErrorCode::Invalid,
                        path.string() + ": neighbour_samples has another number of rows than sample.");
        m_width = std::size_t(nearest->shape[1]);
        m_nearest = nearest->values<std::int64_t>();
        if (m_nearest.size() != samples->size() * m_width)
            return fail(ErrorCode::Invalid, path.string() + ": neighbour_samples is not of type I64.");
    }
    m_loaded = written;
    return {};
}

} // namespace mien
