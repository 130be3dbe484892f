#include "studio/cli/compute_job.h"

#include "studio/cli/compute_module.h"
#include "studio/cli/session.h"

namespace mien {

using nlohmann::json;

Result<json> computeInProject(Session &session, Project::Access access, const char *unit, const ComputeWork &work)
{
    auto project = session.openProject(access);
    if (!project)
        return fail(project.error());
    if (const auto begun = session.beginJob(*project, unit); !begun)
        return fail(begun.error());
    const auto turn = session.takeComputeTurn(*project);
    if (!turn)
        return fail(turn.error());
    const auto module = compute(session.job());
    if (!module)
        return fail(module.error());
    return work(*project, **module, [&](const json &event) { session.out().relay(event); });
}

} // namespace mien
