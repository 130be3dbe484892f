#include "pipeline/jobs/run_score_file.h"

#include <system_error>
#include <utility>

namespace mien {

Result<> RunScoreFile::refresh(const std::function<Result<>(const SafetensorsFile &)> &read)
{
    const std::filesystem::path path = m_runFolder / "scores.safetensors";
    std::error_code error;
    const auto written = std::filesystem::last_write_time(path, error);
    if (error)
        return fail(ErrorCode::NotFound, "Run " + run() + " has no scores yet; flag with it.");
    if (written == m_loaded)
        return {};
    m_loaded = {}; // what was read of the former file is no longer true
    const auto file = SafetensorsFile::open(path);
    if (!file)
        return fail(file.error());
    auto samples = file->values<std::int64_t>("sample");
    if (!samples)
        return fail(samples.error());
    m_samples = std::move(*samples);
    m_rows.clear();
    for (std::size_t row = 0; row < m_samples.size(); ++row)
        m_rows.emplace(m_samples[row], row);
    if (const auto taken = read(*file); !taken)
        return taken;
    m_loaded = written;
    return {};
}

Result<std::size_t> RunScoreFile::rowOf(SampleId sample) const
{
    const auto row = m_rows.find(sample.value);
    if (row == m_rows.end())
        return fail(ErrorCode::NotFound, "Sample " + std::to_string(sample.value) + " was not scored by run " + run() +
                                             "; flag with it again.");
    return row->second;
}

} // namespace mien
