#include "pipeline/jobs/drowsiness_job.h"
#include "studio/cli/command_table.h"
#include "studio/cli/counted.h"
#include "studio/cli/session.h"

#include <cstdio>
#include <memory>

namespace mien {

namespace {

struct Wanted
{
    std::string filter, measure = "patch";
    std::int64_t threads = 0;
};

std::string summaryOf(const DrowsinessReport &report)
{
    char perclos[32];
    std::snprintf(perclos, sizeof perclos, "%.1f %%", report.perclos * 100);
    std::string text = report.videos == 0 && report.unchanged > 0 ? std::string("Nothing new to measure.")
                                                                  : "Measured " + counted(report.videos, "video") +
                                                                        ", " + counted(report.frames, "frame") + ".";
    if (report.unchanged > 0)
        text +=
            " " + counted(report.unchanged, "video") + (report.unchanged == 1 ? " was" : " were") + " measured before.";
    text += "\nIn all of them: " + counted(report.blinks, "blink") + ", PERCLOS " + perclos + " on average.";
    if (report.flagged > 0)
        text += "\nLabel and eyes disagree in " + grouped(report.flagged) +
                (report.flagged == 1 ? " sample" : " samples") + ": mien list --filter drowsiness:doubt shows them.";
    return text;
}

int runDrowsiness(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    auto project = session.openProject(Project::Access::Write);
    if (!project)
        return out.failed(project.error());
    if (const auto begun = session.beginJob(*project, "video"); !begun)
        return out.failed(begun.error());
    const auto report = measureDrowsiness(
        *project, {.filter = wanted.filter, .by68 = wanted.measure == "68", .threads = int(wanted.threads)},
        session.job());
    if (!report)
        return out.refused(report.error());
    std::vector<ItemProblem> problems;
    for (const Problem &problem : report->problems) {
        problems.push_back({problem.reason, problem.key, problem.file, problem.line, problem.detail});
        out.problem(problems.back(), true);
    }
    out.countItems(report->videos + report->unchanged + report->skipped);
    out.print(summaryOf(*report));
    return out.done({{"videos", report->videos},
                     {"unchanged", report->unchanged},
                     {"frames", report->frames},
                     {"blinks", report->blinks},
                     {"perclos", report->perclos},
                     {"flagged", report->flagged},
                     {"skipped", report->skipped},
                     {"seconds", report->seconds}},
                    session.writeReport(problems));
}

} // namespace

Command drowsinessCommand()
{
    return {.name = "drowsiness",
            .summary = "Measure eyes, mouth and head over the time of videos: blinks, PERCLOS, doubtful labels",
            .needs = Command::Needs::Project,
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options.text("--filter", "EXPR", wanted->filter, "Only videos that match, by their own facts");
                options.choice("--measure", wanted->measure, {"patch", "68"},
                               "How eyes and mouth are measured: patch of the picture, or 68 landmarks, whose model "
                               "(libdlib-data) excludes commercial use (patch)");
                options.whole("--jobs", "N", wanted->threads, 1, 1024, "Videos at a time; default: one a processor");
                return [wanted](Session &session) { return runDrowsiness(session, *wanted); };
            }};
}

} // namespace mien
