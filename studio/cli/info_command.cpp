#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/snapshots.h"
#include "studio/cli/command_table.h"
#include "studio/cli/counted.h"
#include "studio/cli/session.h"
#include "studio/cli/text_table.h"

namespace mien {

using nlohmann::json;

namespace {

int runInfo(Session &session)
{
    JsonLines &out = session.out();
    const auto project = session.openProject(Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    session.warnAboutStorage(project->folder());
    const auto byLabel = countsByLabel(*project, "");
    const auto bySplit = countsBySplit(*project, "");
    if (!byLabel || !bySplit)
        return out.failed(byLabel ? bySplit.error() : byLabel.error());

    std::int64_t samples = 0;
    json labels = json::object(), states = json::object(), splits = json::object();
    TextTable table({"label", "samples"});
    for (const ClassCount &count : *byLabel) {
        samples += count.samples;
        if (!count.label || count.state != LabelState::Ok) {
            const std::string state(nameOf(count.state));
            states[state] = states.value(state, std::int64_t(0)) + count.samples;
            table.add({"(" + state + ")", grouped(count.samples)});
            continue;
        }
        labels[project->className(*count.label)] = count.samples;
        table.add({project->className(*count.label), grouped(count.samples)});
    }
    for (const auto &[split, count] : *bySplit)
        if (split != Split::None)
            splits[std::string(nameOf(split))] = count;
    const FlagCounts flags = flagCounts(*project);
    const auto runCount = std::int64_t(runs(*project).size());
    const auto snapshotCount = std::int64_t(snapshots(*project).size());
    const std::int64_t subjects = subjectCount(*project);

    std::string text = project->name() + "  " + project->folder().string() + "\n" + counted(samples, "sample") + ", " +
                       counted(subjects, "subject") + ", " + counted(runCount, "run") + ", " +
                       counted(snapshotCount, "snapshot") + "\nflags: " + grouped(flags.open) + " open, " +
                       grouped(flags.accepted) + " accepted, " + grouped(flags.rejected) + " rejected";
    for (const auto &[name, count] : splits.items())
        text += "\n" + name + ": " + grouped(count.get<std::int64_t>());
    if (!table.isEmpty())
        text += "\n\n" + table.text();
    out.print(text);
    return out.done({{"project", project->folder().string()},
                     {"name", project->name()},
                     {"samples", samples},
                     {"by_label", labels},
                     {"by_state", states},
                     {"by_split", splits},
                     {"subjects", subjects},
                     {"flags", {{"open", flags.open}, {"accepted", flags.accepted}, {"rejected", flags.rejected}}},
                     {"runs", runCount},
                     {"snapshots", snapshotCount}});
}

} // namespace

Command infoCommand()
{
    return {.name = "info",
            .summary = "What the project holds",
            .needs = Command::Needs::Project,
            .declare = [](Options &) -> Action { return runInfo; }};
}

} // namespace mien
