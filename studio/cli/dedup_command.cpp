#include "pipeline/jobs/dedup_job.h"
#include "studio/cli/command_table.h"
#include "studio/cli/session.h"

#include <algorithm>
#include <memory>

namespace mien {

namespace {

using nlohmann::json;

struct Wanted
{
    std::int64_t distance = DedupOptions().distance;
};

/// "fear: a.png, b.png; sadness: c.png"
template <typename Name>
std::string membersBy(const NearDuplicateGroup &group, Name nameOfMember)
{
    std::map<std::string, std::string> named;
    for (const NearDuplicate &one : group)
        if (const std::string name = nameOfMember(one); !name.empty())
            named[name] += (named[name].empty() ? "" : ", ") + one.source;
    std::string text;
    for (const auto &[name, sources] : named)
        text += (text.empty() ? "" : "; ") + name + ": " + sources;
    return text;
}

/// What `--report` lists: who could not be read, and the groups that somebody should look at.
std::vector<ItemProblem> problemsOf(const Project &project, const DedupReport &report)
{
    std::vector<ItemProblem> problems;
    for (const DedupReport::Skipped &skipped : report.skipped)
        problems.push_back({"UNREADABLE_FILE", skipped.source, skipped.source, 0, skipped.reason});
    for (const NearDuplicateGroup &group : report.groups) {
        const std::string &name = group.front().source;
        if (hasConflict(group))
            problems.push_back({"DUPLICATE_CONFLICT", std::to_string(group.front().sample.value), name, 0,
                                membersBy(group, [&](const NearDuplicate &one) {
                                    return one.label ? project.className(*one.label) : std::string();
                                })});
        if (isAcrossSplits(group))
            problems.push_back(
                {"DUPLICATE_ACROSS_SPLITS", std::to_string(group.front().sample.value), name, 0,
                 membersBy(group, [](const NearDuplicate &one) { return std::string(nameOf(one.split)); })});
    }
    return problems;
}

int runDedup(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    auto project = session.openProject(Project::Access::Write);
    if (!project)
        return out.failed(project.error());
    if (const auto begun = session.beginJob(*project, "sample"); !begun)
        return out.failed(begun.error());
    const auto report = findNearDuplicates(*project, {.distance = int(wanted.distance)}, session.job());
    if (!report)
        return out.failed(report.error());

    std::int64_t images = 0;
    json conflicts = json::array(), acrossSplits = json::array();
    for (const NearDuplicateGroup &group : report->groups) {
        images += std::int64_t(group.size());
        if (hasConflict(group))
            conflicts.push_back(group.front().sample.value);
        if (isAcrossSplits(group))
            acrossSplits.push_back(group.front().sample.value);
    }
    for (const DedupReport::Skipped &skipped : report->skipped)
        out.problem({"UNREADABLE_FILE", skipped.source, skipped.source, 0, skipped.reason}, true);
    out.countItems(report->samples);

    const auto groups = std::int64_t(report->groups.size());
    const std::string kind = wanted.distance == 0 ? "the same pixels" : "the same picture or nearly so";
    std::string text = groups == 0
                           ? "No two of " + grouped(report->samples) + " samples show " + kind + "."
                           : grouped(images) + " of " + grouped(report->samples) + " samples show " + kind +
                                 " as another one, in " + grouped(groups) +
                                 " groups: " + grouped(std::int64_t(conflicts.size())) + " with different labels, " +
                                 grouped(std::int64_t(acrossSplits.size())) + " across splits.";
    if (!conflicts.empty())
        text += "\nmien list --filter near_duplicate:conflict --sort near_duplicate shows different labels.";
    if (!acrossSplits.empty())
        text += "\nmien split --by subject deals splits anew that keep every group on one side.";
    out.print(text);
    return out.done({{"groups", groups},
                     {"images", images},
                     {"duplicates", images - groups},
                     {"conflicts", conflicts.size()},
                     {"across_splits", acrossSplits.size()},
                     {"conflict_groups", conflicts},
                     {"across_split_groups", acrossSplits},
                     {"distance", wanted.distance},
                     {"samples", report->samples},
                     {"hashed", report->hashed},
                     {"skipped", report->skipped.size()}},
                    session.writeReport(problemsOf(*project, *report)));
}

} // namespace

Command dedupCommand()
{
    return {.name = "dedup",
            .summary = "Group samples that show the same picture or nearly so",
            .needs = Command::Needs::Project,
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options.whole("--distance", "D", wanted->distance, 0, 16,
                              "Bits of the perceptual hash that may differ; 0: pixel-identical only (7)");
                return [wanted](Session &session) { return runDedup(session, *wanted); };
            }};
}

} // namespace mien
