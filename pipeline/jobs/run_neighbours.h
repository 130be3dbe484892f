#pragma once

#include "models/base/result.h"
#include "pipeline/store/ids.h"

#include <cstdint>
#include <filesystem>
#include <unordered_map>
#include <vector>

namespace mien {

/// Who lies nearest to a sample in the pooled space of the network that did not see it: the training samples that
/// scoring a run found, in `scores.safetensors` of its folder (`neighbour_samples`).
class RunNeighbours
{
public:
    explicit RunNeighbours(std::filesystem::path runFolder)
        : m_runFolder(std::move(runFolder))
    {
    }

    /// Nearest first, at most as many as scoring kept (10). The file is read at the first question and again when it
    /// changed. NotFound: not scored yet, scored before neighbours were kept, or a sample that was not scored.
    Result<std::vector<SampleId>> of(SampleId sample);

private:
    Result<> load();

    std::filesystem::path m_runFolder;
    std::filesystem::file_time_type m_loaded{};
    std::unordered_map<std::int64_t, std::size_t> m_rows;
    std::vector<std::int64_t> m_nearest; ///< Row-major; -1: none.
    std::size_t m_width = 0;
};

} // namespace mien
