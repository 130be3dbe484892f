#include "pipeline/export/export.h"
#include "pipeline/import/terms.h"
#include "pipeline/store/filter.h"
#include "studio/cli/command_table.h"
#include "studio/cli/counted.h"
#include "studio/cli/session.h"

#include <memory>

namespace mien {

using nlohmann::json;

namespace {

struct Wanted
{
    std::string out, format, filter, snapshot, media = std::string(nameOf(mediaPolicies.front()));
};

int runExport(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    // Nothing is written into the project, so reading suffices: an export may run while somebody labels.
    auto project = session.openProject(Project::Access::WriteOrRead);
    // Where the disk of the project is full, another one is just what an export goes to.
    if (!project && project.error().code == ErrorCode::NoSpace)
        project = session.openProject(Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    if (const auto filter = compileFilter(wanted.filter, *project); !filter)
        return out.refused(filter.error());
    if (project->isWritable())
        if (const auto begun = session.beginJob(*project, "sample"); !begun && begun.error().code != ErrorCode::NoSpace)
            return out.failed(begun.error());
    out.setUnit("sample");
    ExportRequest request{
        .format = wanted.format, .out = wanted.out, .filter = wanted.filter, .media = *mediaPolicyNamed(wanted.media)};
    if (!wanted.snapshot.empty())
        request.snapshot = wanted.snapshot;
    const auto report = exportDataset(*project, request, session.job());
    if (!report)
        return out.failed(report.error());
    std::vector<ItemProblem> skipped;
    for (const ExportReport::Skipped &item : report->skipped) {
        skipped.push_back({.reason = item.code, .key = item.source, .file = item.source, .detail = item.reason});
        out.problem(skipped.back(), true);
    }
    const auto written = session.writeReport(skipped);
    out.countItems(report->samples + std::int64_t(skipped.size()));
    out.print("Wrote " + counted(report->samples, "sample") + " in " + counted(report->files, "file") + " (" +
              counted(report->bytes, "byte") + ") to " + report->out.string() + ".");
    json terms = json::array();
    for (const std::string &id : report->terms) {
        const Terms &notice = *termsNamed(id);
        terms.push_back({{"id", notice.id}, {"title", notice.title}, {"text", notice.notice()}});
        out.print("Pictures of " + std::string(notice.title) + " were written. " + notice.notice());
    }
    for (const auto &[reason, count] : report->leftOut)
        out.print("Left out: " + grouped(count) + ", " + reason);
    return out.done({{"format", report->format},
                     {"out", report->out.string()},
                     {"files", report->files},
                     {"bytes", report->bytes},
                     {"samples", report->samples},
                     {"terms", terms},
                     {"left_out", report->leftOut},
                     {"skipped", skipped.size()},
                     {"seconds", report->seconds}},
                    written);
}

} // namespace

Command exportCommand()
{
    return {.name = "export",
            .summary = "Write a data set that other tools read",
            .needs = Command::Needs::Project,
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options.folder("OUT", "OUT", wanted->out, "The folder to make").required();
                std::vector<std::string> formats;
                for (const ExportFormat &format : exportFormats())
                    formats.emplace_back(format.id);
                options.choice("--format", wanted->format, formats, "The layout").required();
                options.text("--snapshot", "H", wanted->snapshot,
                             "Labels and splits of this snapshot, and only its samples");
                options.text("--filter", "EXPR", wanted->filter, "Only what matches");
                std::vector<std::string> media;
                for (const MediaPolicy policy : mediaPolicies)
                    media.emplace_back(nameOf(policy));
                options.choice("--media", wanted->media, media, "What happens to picture files");
                return [wanted](Session &session) { return runExport(session, *wanted); };
            }};
}

} // namespace mien
