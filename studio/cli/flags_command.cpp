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

/// `state` of this table is the flag's; `label` the label the scores were made for is shown as current label.
std::vector<SampleField> columns()
{
    std::vector<SampleField> fields;
    for (const char *name : {"id", "source", "label", "suggested", "suspicion", "eac_noise", "eac_inconsistency",
                             "arbex_confidence", "self_confidence", "margin"})
        fields.push_back(**sampleFieldsNamed(name)->begin());
    fields.push_back({"state", sampleFieldsNamed("flag")->front()->value});
    for (const char *name : {"arbex_noise", "cl_noise", "predicted"})
        fields.push_back(*sampleFieldsNamed(name)->front());
    return fields;
}

int runFlags(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    const auto project = session.openProject(Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    if (!currentFlagging(*project))
        return out.failed({ErrorCode::NotFound, "No sample of " + project->folder().string()
                                                    + " has been scored yet; run mien train, then mien flag --run ID."});
    const auto ids = flaggedSamples(*project, wanted.state, wanted.top);
    if (!ids)
        return out.failed(ids.error());
    const std::vector<SampleField> fields = columns();
    std::vector<const SampleField *> shown;
    for (const SampleField &field : fields)
        shown.push_back(&field);
    return printSamples(session, *project, *ids, shown, out.isJson() || wanted.format == "jsonl");
}

} // namespace

Command flagsCommand()
{
    return {.name = "flags", .summary = "Scored samples, most suspicious first", .needs = Command::Needs::Project,
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options.whole("--top", "N", wanted->top, 0, INT64_MAX, "At most this many; default: every scored sample");
                options.choice("--state", wanted->state, {"open", "accepted", "rejected"}, "Only flags in this state");
                options.choice("--format", wanted->format, {"csv", "jsonl"}, "csv or one JSON object a line");
                return [wanted](Session &session) { return runFlags(session, *wanted); };
            }};
}

} // namespace mien
