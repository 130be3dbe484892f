#pragma once

#include "models/base/result.h"
#include "pipeline/store/project.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

namespace mien {

/// Read connections to one project for worker threads. Thread-safe; hold it by shared_ptr in the work.
class ProjectReaders
{
public:
    explicit ProjectReaders(std::filesystem::path folder)
        : m_folder(std::move(folder))
    {
    }

    /// Calls `read(project)`, which returns a Result, with a connection that nobody else uses meanwhile.
    template <typename Read>
    std::invoke_result_t<Read, const Project &> with(Read read)
    {
        auto project = borrow();
        if (!project)
            return fail(project.error());
        auto answer = read(**project);
        giveBack(std::move(*project));
        return answer;
    }

    const std::filesystem::path &folder() const { return m_folder; }

private:
    Result<std::unique_ptr<Project>> borrow();
    void giveBack(std::unique_ptr<Project> project);

    std::filesystem::path m_folder;
    std::mutex m_mutex;
    std::vector<std::unique_ptr<Project>> m_free;
};

} // namespace mien
