#include "pipeline/store/runs.h"
#include "studio/cli/command_table.h"
#include "studio/cli/sample_lines.h"

#include <memory>

namespace mien {

namespace {

struct Wanted
{
    std::optional<std::int64_t> top;
    std::string state;
    std::string format = "csv";
};

int runFlags(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    const auto project = session.openProject(Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    if (!currentFlagging(*project))
        return out.failed({ErrorCode::NotFound, "No sample of " + project->folder().string() +
                                                    " has been scored yet; run mien train, then mien flag --run ID."});
    const std::string shared =
        "id,source,label,suggested,suspicion,eac_noise,eac_inconsistency,arbex_confidence,self_confidence,margin";
    SampleLines lines;
    lines.filter = wanted.state.empty() ? "scored:yes" : "scored:yes flag:" + wanted.state;
    lines.order.key = "suspicion";
    lines.order.descending = true;
    lines.limit = wanted.top;
    lines.columns = splitAtCommas(shared + ",flag,arbex_noise,cl_noise,predicted,in_sample");
    lines.names = splitAtCommas(shared + ",state,arbex_noise,cl_noise,predicted,in_sample");
    lines.asJson = out.isJson() || wanted.format == "jsonl";
    return printSamples(session, *project, lines);
}

} // namespace

Command flagsCommand()
{
    return {.name = "flags",
            .summary = "Scored samples, most suspicious first",
            .needs = Command::Needs::Project,
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options.whole("--top", "N", wanted->top, 0, INT64_MAX,
                              "At most this many; default: every scored sample");
                options.choice("--state", wanted->state, {"open", "accepted", "rejected"}, "Only flags in this state");
                options.choice("--format", wanted->format, {"csv", "jsonl"}, "csv or one JSON object a line");
                return [wanted](Session &session) { return runFlags(session, *wanted); };
            }};
}

} // namespace mien
