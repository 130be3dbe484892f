#include "pipeline/jobs/thumbnail_job.h"
#include "studio/cli/command_table.h"
#include "studio/cli/counted.h"
#include "studio/cli/session.h"

namespace mien {

namespace {

int runThumbs(Session &session)
{
    JsonLines &out = session.out();
    auto project = session.openProject(Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    if (const auto begun = session.beginJob(*project, "sample"); !begun)
        return out.failed(begun.error());
    const auto report = makeMissingThumbnails(*project, session.job());
    if (!report)
        return out.failed(report.error());
    out.print(
        "Made the small pictures of " + counted(report->made, "sample") +
        (report->missing > 0 ? "; the files of " + grouped(report->missing) + " are gone or cannot be read." : "."));
    return out.done({{"made", report->made}, {"missing", report->missing}});
}

} // namespace

Command thumbsCommand()
{
    return {.name = "thumbs",
            .summary = "Make small pictures that are missing",
            .needs = Command::Needs::Project,
            .declare = [](Options &) -> Action { return [](Session &session) { return runThumbs(session); }; }};
}

} // namespace mien
