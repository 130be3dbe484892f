#pragma once

#include "models/base/result.h"
#include "models/io/safetensors.h"
#include "pipeline/store/ids.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace mien {

/// What scoring a run wrote, `scores.safetensors` of its folder, for repeated questions: read at the first one and
/// again when the file changed. For one thread.
class RunScoreFile
{
public:
    explicit RunScoreFile(std::filesystem::path runFolder)
        : m_runFolder(std::move(runFolder))
    {
    }

    /// Where the file is new, takes its rows and hands it to `read`; what that fails with is failed with, and the next
    /// question reads again. NotFound: not scored yet. Invalid: the file is damaged.
    Result<> refresh(const std::function<Result<>(const SafetensorsFile &)> &read);

    const std::vector<std::int64_t> &samples() const { return m_samples; } ///< By row.
    Result<std::size_t> rowOf(SampleId sample) const;                      ///< NotFound: it was not scored.
    std::string run() const { return m_runFolder.filename().string(); }

    /// A column of `width` values a row. Invalid, naming the file, where it has another number of them.
    template <typename T>
    static Result<std::vector<T>> column(const SafetensorsFile &file, const char *name, std::size_t rows,
                                         std::size_t width)
    {
        auto values = file.values<T>(name);
        if (values && values->size() != rows * width)
            return fail(ErrorCode::Invalid, file.path().string() + ": " + name + " has " +
                                                std::to_string(values->size()) + " values instead of " +
                                                std::to_string(rows * width) + ".");
        return values;
    }

private:
    std::filesystem::path m_runFolder;
    std::filesystem::file_time_type m_loaded{};
    std::vector<std::int64_t> m_samples;
    std::unordered_map<std::int64_t, std::size_t> m_rows; ///< Of a sample.
};

} // namespace mien
