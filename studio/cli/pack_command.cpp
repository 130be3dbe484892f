#include "pipeline/pack/pack.h"
#include "pipeline/store/filter.h"
#include "studio/cli/command_table.h"
#include "studio/cli/counted.h"
#include "studio/cli/session.h"

#include <memory>

namespace mien {

namespace {

struct Wanted
{
    std::string filter, snapshot;
    std::int64_t size = 48;
    std::int64_t channels = 0;
};

int runPack(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    if (wanted.channels == 2)
        return out.wrongUsage("--channels takes 0, 1 or 3, not 2.");
    const auto project = session.openProject(Project::Access::Write);
    if (!project)
        return out.failed(project.error());
    if (const auto filter = compileFilter(wanted.filter, *project); !filter)
        return out.refused(filter.error());
    PackOptions options{.filter = wanted.filter, .sidePx = int(wanted.size), .channels = int(wanted.channels)};
    if (!wanted.snapshot.empty())
        options.snapshot = wanted.snapshot;
    if (const auto begun = session.beginJob(*project, "sample"); !begun)
        return out.failed(begun.error());
    const auto report = makePack(*project, options, session.job());
    if (!report)
        return out.failed(report.error());
    std::vector<ItemProblem> left;
    for (const PackReport::LeftOut &item : report->leftOut) {
        left.push_back({.reason = item.code, .key = item.source, .file = item.source, .detail = item.reason});
        out.problem(left.back(), true);
    }
    const auto written = session.writeReport(left);
    out.countItems(report->samples + std::int64_t(left.size()));
    out.print("Pack " + report->hash + (report->isReused ? " is there already: " : ": ") +
              counted(report->samples, "sample") + ", " + grouped(report->bytes) + " bytes, in " +
              report->folder.string() + ".");
    return out.done({{"pack", report->hash},
                     {"folder", report->folder.string()},
                     {"samples", report->samples},
                     {"bytes", report->bytes},
                     {"channels", report->channels},
                     {"side", wanted.size},
                     {"reused", report->isReused}},
                    written);
}

} // namespace

Command packCommand()
{
    return {.name = "pack",
            .summary = "A training pack: crops and labels as the worker reads them",
            .needs = Command::Needs::Project,
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options.text("--filter", "EXPR", wanted->filter, "Only what matches");
                options.text("--snapshot", "H", wanted->snapshot,
                             "Labels and splits of this snapshot, and only its samples");
                options.whole("--size", "PX", wanted->size, 16, 512, "Side of the square crops (48)");
                options.whole("--channels", "N", wanted->channels, 0, 3,
                              "1 grey, 3 colour; 0: grey when every picture is (0)");
                return [wanted](Session &session) { return runPack(session, *wanted); };
            }};
}

} // namespace mien
