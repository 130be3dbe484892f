#pragma once

#include "models/base/result.h"
#include "pipeline/store/project.h"
#include "pipeline/store/read_failure.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
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

    /// Calls `read(project)`, which returns a Result, with a connection that nobody else uses meanwhile. What cannot be
    /// read is an error in words, never an exception, and is told to the listener of read_failure.h too: a page may
    /// have no place to show it.
    template <typename Read>
    std::invoke_result_t<Read, const Project &> with(Read read)
    {
        using Answer = std::invoke_result_t<Read, const Project &>;
        auto project = borrow();
        if (!project)
            return told(project.error());
        std::optional<Answer> answer;
        if (const auto whole = guardedRead(**project, [&] { answer.emplace(read(**project)); }); !whole)
            return fail(whole.error());
        giveBack(std::move(*project));
        if (!*answer && answer->error().code == ErrorCode::Unreadable)
            return told(answer->error());
        return std::move(*answer);
    }

    const std::filesystem::path &folder() const { return m_folder; }

private:
    Result<std::unique_ptr<Project>> borrow();
    void giveBack(std::unique_ptr<Project> project);
    static tl::unexpected<Error> told(const Error &error);

    std::filesystem::path m_folder;
    std::mutex m_mutex;
    std::vector<std::unique_ptr<Project>> m_free;
};

} // namespace mien
