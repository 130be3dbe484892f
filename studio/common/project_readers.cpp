#include "studio/common/project_readers.h"

namespace mien {

Result<std::unique_ptr<Project>> ProjectReaders::borrow()
{
    {
        const std::lock_guard lock(m_mutex);
        if (!m_free.empty()) {
            auto project = std::move(m_free.back());
            m_free.pop_back();
            return project;
        }
    }
    auto project = Project::open(m_folder, Project::Access::Read);
    if (!project)
        return fail(project.error());
    return std::make_unique<Project>(std::move(*project));
}

void ProjectReaders::giveBack(std::unique_ptr<Project> project)
{
    constexpr std::size_t kept = 3;
    const std::lock_guard lock(m_mutex);
    if (m_free.size() < kept)
        m_free.push_back(std::move(project));
}

tl::unexpected<Error> ProjectReaders::told(const Error &error)
{
    tellReadFailure(error);
    return fail(error);
}

} // namespace mien
