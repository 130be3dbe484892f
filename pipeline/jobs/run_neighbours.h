#pragma once

#include "models/base/result.h"
#include "pipeline/jobs/run_score_file.h"
#include "pipeline/store/ids.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace mien {

/// Who lies nearest to a sample in the pooled space of the network that did not see it: the training samples that
/// scoring a run found, in `scores.safetensors` of its folder (`neighbour_samples`).
class RunNeighbours
{
public:
    explicit RunNeighbours(std::filesystem::path runFolder)
        : m_scores(std::move(runFolder))
    {
    }

    /// Nearest first, at most as many as scoring kept (10). NotFound: not scored yet, scored before neighbours were
    /// kept, or a sample that was not scored. Invalid: the file is damaged.
    Result<std::vector<SampleId>> of(SampleId sample);

private:
    Result<> take(const SafetensorsFile &file);

    RunScoreFile m_scores;
    std::vector<std::int64_t> m_nearest; ///< Row-major; -1: none.
    std::size_t m_width = 0;
};

} // namespace mien
