#include "pipeline/jobs/run_files.h"
#include "pipeline/jobs/thumbnail_job.h"
#include "pipeline/store/backups.h"
#include "pipeline/store/crop_pack.h"
#include "pipeline/store/doctor.h"
#include "studio/cli/command_table.h"
#include "studio/cli/counted.h"
#include "studio/cli/session.h"

#include <algorithm>
#include <memory>

namespace mien {

namespace {

struct Wanted
{
    bool repair = false, restore = false;
};

/// Puts the newest whole backup in the place of a database that cannot be used.
Result<Restored> restoreNewest(Session &session)
{
    const auto folder = session.projectFolder();
    if (!folder)
        return fail(folder.error());
    const auto backup = newestGoodBackup(*folder, session.job());
    if (!backup)
        return fail(backup.error());
    auto restored = restoreBackup(*folder, *backup);
    if (restored)
        session.out().print("Put back the backup " + restored->from.file.filename().string() +
                            "; the database that was there is now " + restored->damaged.filename().string() + ".");
    return restored;
}

Error withAdvice(Session &session, Error error)
{
    const auto folder = session.projectFolder();
    if (folder && (error.code == ErrorCode::Unreadable || error.code == ErrorCode::Invalid))
        if (const auto backup = newestGoodBackup(*folder, session.job()))
            error.message += " mien doctor --repair puts back the backup " + backup->file.filename().string() + ".";
    return error;
}

bool isDamaged(const std::vector<ProjectProblem> &problems)
{
    return std::any_of(problems.begin(), problems.end(),
                       [](const ProjectProblem &problem) { return problem.isDamage; });
}

int runDoctor(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    out.setUnit("check");
    const bool repair = wanted.repair;
    std::int64_t restored = 0, repaired = 0;
    if (wanted.restore) {
        if (const auto done = restoreNewest(session); !done)
            return out.failed(done.error());
        ++restored;
    }
    const auto open = [&] { return session.openToExamine(repair ? Project::Access::Write : Project::Access::Read); };
    auto project = open();
    if (!project && repair &&
        (project.error().code == ErrorCode::Unreadable || project.error().code == ErrorCode::Invalid)) {
        if (restoreNewest(session)) {
            ++restored;
            project = open();
        }
    }
    if (!project)
        return out.failed(withAdvice(session, project.error()));
    auto found = examine(*project, repair, session.job());
    if (found && repair && isDamaged(*found)) {
        project = fail(ErrorCode::Internal, "closed"); // a backup takes the place of a file that nobody has open
        if (restoreNewest(session)) {
            ++restored;
            found.value().clear();
        }
        project = open();
        if (!project)
            return out.failed(project.error());
        if (found->empty())
            found = examine(*project, repair, session.job());
    }
    if (!found)
        return out.failed(found.error());
    if (const auto ofRuns = examineRunFiles(*project, session.job()); ofRuns)
        found->insert(found->end(), ofRuns->begin(), ofRuns->end());
    else
        return out.failed(ofRuns.error());
    if (repair && lacksThumbnails(*project)) {
        const auto made = makeMissingThumbnails(*project, session.job());
        if (!made)
            return out.failed(made.error());
        out.print("Made the small pictures of " + counted(made->made, "sample") + " again.");
        repaired += made->made > 0;
    }
    repaired += restored;
    std::vector<ItemProblem> report;
    std::int64_t left = 0, leftovers = 0;
    std::string first;
    for (const ProjectProblem &problem : *found) {
        report.push_back({.reason = problem.kind, .detail = problem.what});
        out.event({{"event", "warning"},
                   {"code", problem.kind},
                   {"path", ""},
                   {"message", problem.what},
                   {"repairable", problem.repairable},
                   {"repaired", problem.repaired}});
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
    const bool canRepair =
        std::any_of(found->begin(), found->end(), [](const ProjectProblem &p) { return p.repairable && !p.repaired; });
    const int status =
        out.done({{"problems", left}, {"leftovers", leftovers}, {"repaired", repaired}, {"restored", restored}});
    if (left == 0 || status != 0)
        return status;
    return out.failed({ErrorCode::Invalid,
                       counted(left, "problem") + " in " + project->folder().string() + ", first: " + first +
                           (canRepair || isDamaged(*found) ? " mien doctor --repair mends what can be mended." : "")});
}

} // namespace

Command doctorCommand()
{
    return {.name = "doctor",
            .summary = "Check the project: database, files, hashes, leftovers",
            .needs = Command::Needs::Project,
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options.flag("--repair", wanted->repair,
                             "Mend what can be mended; a damaged database is put back from its newest whole backup");
                options.flag("--restore", wanted->restore,
                             "Put back the newest whole backup, whatever the database is like");
                return [wanted](Session &session) { return runDoctor(session, *wanted); };
            }};
}

} // namespace mien
