#include "pipeline/store/snapshots.h"
#include "studio/cli/command_table.h"
#include "studio/cli/counted.h"
#include "studio/cli/printable_text.h"
#include "studio/cli/session.h"
#include "studio/cli/text_table.h"

#include <map>
#include <memory>

namespace mien {

using nlohmann::json;

namespace {

json rowOf(const SnapshotRow &row)
{
    return {{"snapshot", row.hash}, {"name", row.name}, {"samples", row.samples}, {"at_ms", row.atMs}};
}

json rowOf(const SnapshotSample &sample)
{
    return {{"id", sample.id.value},
            {"source", printable(sample.source)},
            {"key", printable(sample.key)},
            {"label", sample.label},
            {"split", sample.split == Split::None ? json() : json(nameOf(sample.split))},
            {"subject", sample.subject.empty() ? json() : json(printable(sample.subject))}};
}

int create(Session &session, const std::string &filter, const std::string &name)
{
    JsonLines &out = session.out();
    auto project = session.openProject(Project::Access::Write);
    if (!project)
        return out.failed(project.error());
    const auto made = createSnapshot(*project, filter, name);
    if (!made)
        return out.refused(made.error());
    out.print("Snapshot " + made->hash + ": " + counted(made->samples, "sample") + ".");
    return out.done(rowOf(*made));
}

int list(Session &session)
{
    JsonLines &out = session.out();
    const auto project = session.openProject(Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    TextTable table({"snapshot", "samples", "name"});
    const auto all = snapshots(*project);
    for (const SnapshotRow &row : all) {
        if (out.isJson())
            out.row(rowOf(row));
        table.add({row.hash, grouped(row.samples), row.name});
    }
    out.print(table.isEmpty() ? "No snapshots yet; mien snapshot create makes one." : table.text());
    return out.done({{"rows", all.size()}});
}

int show(Session &session, const std::string &hash, bool withSamples)
{
    JsonLines &out = session.out();
    const auto project = session.openProject(Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    const auto row = snapshotNamed(*project, hash);
    if (!row)
        return out.failed(row.error());
    const auto samples = snapshotSamples(*project, row->hash);
    if (!samples)
        return out.failed(samples.error());
    std::map<std::string, std::int64_t> byLabel, bySplit;
    for (const SnapshotSample &sample : *samples) {
        ++byLabel[sample.label];
        if (sample.split != Split::None)
            ++bySplit[std::string(nameOf(sample.split))];
        if (withSamples)
            out.row(rowOf(sample));
    }
    if (!withSamples) {
        TextTable table({"label", "samples"});
        for (const auto &[label, count] : byLabel)
            table.add({label, grouped(count)});
        out.print("Snapshot " + row->hash + (row->name.empty() ? "" : " (" + row->name + ")") + ": " +
                  counted(row->samples, "sample") + "\n" + table.text());
    }
    json result = rowOf(*row);
    result["by_label"] = byLabel;
    result["by_split"] = bySplit;
    return out.done(result);
}

int diff(Session &session, const std::string &a, const std::string &b)
{
    JsonLines &out = session.out();
    const auto project = session.openProject(Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    const auto found = diffSnapshots(*project, a, b);
    if (!found)
        return out.failed(found.error());
    json changed = json::array(), onlyA = json::array(), onlyB = json::array();
    TextTable table({"id", "source", "in A", "in B"});
    for (const auto &[before, after] : found->changed) {
        changed.push_back({{"id", before.id.value},
                           {"source", printable(before.key)},
                           {"label", {before.label, after.label}},
                           {"split", {nameOf(before.split), nameOf(after.split)}}});
        const auto shown = [](const SnapshotSample &sample) {
            return sample.label + (sample.split == Split::None ? "" : " (" + std::string(nameOf(sample.split)) + ")");
        };
        table.add({std::to_string(before.id.value), before.key, shown(before), shown(after)});
    }
    for (const SnapshotSample &sample : found->onlyInA)
        onlyA.push_back(sample.id.value);
    for (const SnapshotSample &sample : found->onlyInB)
        onlyB.push_back(sample.id.value);
    out.print(grouped(found->added) + " added, " + grouped(found->removed) + " removed, " + grouped(found->relabelled) +
              " relabelled, " + grouped(found->resplit) + " in another split" +
              (table.isEmpty() ? "" : "\n" + table.text()));
    return out.done({{"added", found->added},
                     {"removed", found->removed},
                     {"relabelled", found->relabelled},
                     {"resplit", found->resplit},
                     {"changed", changed},
                     {"only_in_a", onlyA},
                     {"only_in_b", onlyB}});
}

} // namespace

Command snapshotCommand()
{
    using Needs = Command::Needs;
    Command createSub{.name = "create",
                      .summary = "Keep the data set as it is now",
                      .needs = Needs::Project,
                      .declare = [](Options &options) -> Action {
                          struct Wanted
                          {
                              std::string filter, name;
                          };
                          const auto wanted = std::make_shared<Wanted>();
                          options.text("--filter", "EXPR", wanted->filter, "Only what matches");
                          options.text("--name", "N", wanted->name, "A name for people");
                          return [wanted](Session &session) { return create(session, wanted->filter, wanted->name); };
                      }};
    Command listSub{.name = "list",
                    .summary = "The snapshots of the project",
                    .needs = Needs::Project,
                    .declare = [](Options &) -> Action { return list; }};
    Command showSub{
        .name = "show",
        .summary = "What a snapshot holds",
        .needs = Needs::Project,
        .declare = [](Options &options) -> Action {
            struct Wanted
            {
                std::string hash;
                bool samples = false;
            };
            const auto wanted = std::make_shared<Wanted>();
            options.text("SNAPSHOT", "SNAPSHOT", wanted->hash, "Its hash, or the beginning of it").required();
            options.flag("--samples", wanted->samples, "Print every sample as a JSON line");
            return [wanted](Session &session) { return show(session, wanted->hash, wanted->samples); };
        }};
    Command diffSub{.name = "diff",
                    .summary = "What changed between two snapshots",
                    .needs = Needs::Project,
                    .declare = [](Options &options) -> Action {
                        struct Wanted
                        {
                            std::string a, b;
                        };
                        const auto wanted = std::make_shared<Wanted>();
                        options.text("A", "A", wanted->a, "Hash of the older one").required();
                        options.text("B", "B", wanted->b, "Hash of the newer one").required();
                        return [wanted](Session &session) { return diff(session, wanted->a, wanted->b); };
                    }};
    return {.name = "snapshot",
            .summary = "Immutable versions of the data set",
            .needs = Needs::Project,
            .declare = {},
            .children = {createSub, listSub, showSub, diffSub}};
}

} // namespace mien
