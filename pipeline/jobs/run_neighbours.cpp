#include "pipeline/jobs/run_neighbours.h"

#include <string>

namespace mien {

Result<std::vector<SampleId>> RunNeighbours::of(SampleId sample)
{
    if (const auto read = m_scores.refresh([this](const SafetensorsFile &file) { return take(file); }); !read)
        return fail(read.error());
    const auto row = m_scores.rowOf(sample);
    if (!row)
        return fail(row.error());
    std::vector<SampleId> nearest;
    for (std::size_t i = 0; i < m_width; ++i)
        if (const std::int64_t id = m_nearest[*row * m_width + i]; id >= 0 && id != sample.value)
            nearest.push_back(SampleId{id});
    if (nearest.empty())
        return fail(ErrorCode::NotFound, "Run " + m_scores.run() +
                                             " was scored before neighbours were kept; train and flag again to see "
                                             "them.");
    return nearest;
}

Result<> RunNeighbours::take(const SafetensorsFile &file)
{
    m_nearest.clear();
    m_width = 0;
    const TensorView *const nearest = file.find("neighbour_samples");
    if (!nearest)
        return {};
    const std::size_t rows = m_scores.samples().size();
    if (nearest->shape.size() != 2 || nearest->shape[0] != std::int64_t(rows))
        return fail(ErrorCode::Invalid,
                    file.path().string() + ": neighbour_samples has another number of rows than sample.");
    const auto width = std::size_t(nearest->shape[1]);
    auto values = RunScoreFile::column<std::int64_t>(file, "neighbour_samples", rows, width);
    if (!values)
        return fail(values.error());
    m_nearest = std::move(*values);
    m_width = width;
    return {};
}

} // namespace mien
