#include "pipeline/store/doctor.h"
#include "studio/cli/command_table.h"
#include "studio/cli/session.h"

#include <algorithm>
#include <memory>

namespace mien {

namespace {

int runDoctor(Session &session, bool repair)
{
    JsonLines &out = session.out();
    out.setUnit("check");
    auto project = session.openProject(repair ? Project::Access::Write : Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    const auto found = examine(*project, repair, session.job());
    if (!found)
        return out.failed(found.error());
    std::vector<ItemProblem> report;
    std::int64_t left = 0, leftovers = 0, repaired = 0;
    std::string first;
    for (const ProjectProblem &problem : *found) {
        report.push_back({.reason = problem.kind, .detail = problem.what});
        out.event({{"event", "warning"}, {"code", problem.kind}, {"path", ""}, {"message", problem.what},
                   {"repairable", problem.repairable}, {"repaired", problem.repaired}});
        out.print(problem.kind + ": " + problem.what + (problem.repaired ? " Repaired." : ""));
        repaired += problem.repaired;
        // What an interrupted write left beside its target takes room and harms nothing: it is named, not counted.
        const bool isLeftover = problem.kind == "leftover";
        leftovers += isLeftover && !problem.repaired;
        left += !isLeftover && !problem.repaired;
        if (!isLeftover && !problem.repaired && first.empty())
            first = problem.what;
    }
    if (const auto written = session.writeReport(report); !written)
        return out.failed(written.error());
    if (left == 0)
        out.print("No problems." + (repaired ? " " + grouped(repaired) + " repaired." : std::string()));
    const bool canRepair = std::any_of(found->begin(), found->end(), [](const ProjectProblem &p) { return p.repairable && !p.repaired; });
    const int status = out.done({{"problems", left}, {"leftovers", leftovers}, {"repaired", repaired}});
    if (left == 0 || status != 0)
        return status;
    return out.failed({ErrorCode::Invalid, grouped(left) + (left == 1 ? " problem in " : " problems in ")
                                               + project->folder().string() + ", first: " + first
                                               + (canRepair ? " mien doctor --repair mends what can be mended." : "")});
}

} // namespace

Command doctorCommand()
{
    return {.name = "doctor", .summary = "Check the project: database, files, hashes, leftovers",
            .needs = Command::Needs::Project, .declare = [](Options &options) -> Action {
                const auto repair = std::make_shared<bool>(false);
                options.flag("--repair", *repair, "Mend what can be mended");
                return [repair](Session &session) { return runDoctor(session, *repair); };
            }};
}

} // namespace mien
