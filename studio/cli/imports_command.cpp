#include "pipeline/store/bin.h"
#include "pipeline/store/imports.h"
#include "studio/cli/command_table.h"
#include "studio/cli/counted.h"
#include "studio/cli/printable_text.h"
#include "studio/cli/session.h"
#include "studio/cli/text_table.h"
#include "studio/cli/time_text.h"

#include <memory>

namespace mien {

using nlohmann::json;

namespace {

std::string stateOf(const ImportRow &row)
{
    return row.removedAtMs ? "removed" : row.finishedAtMs ? "done" : "unfinished";
}

json rowOf(const ImportRow &row)
{
    return {{"import", row.id.value},
            {"format", row.importer},
            {"variant", row.variant},
            {"path", printable(row.root.string())},
            {"kind", row.kind == ImportKind::Extraction ? "extraction" : "import"},
            {"samples", row.samples},
            {"clips", row.clips},
            {"state", stateOf(row)},
            {"started_at_ms", row.startedAtMs},
            {"finished_at_ms", row.finishedAtMs ? json(*row.finishedAtMs) : json()},
            {"removed_at_ms", row.removedAtMs ? json(*row.removedAtMs) : json()},
            {"deleted_from_ms", row.removedAtMs ? json(deletedFromMs(*row.removedAtMs)) : json()}};
}

int list(Session &session, bool removed)
{
    JsonLines &out = session.out();
    const auto project = session.openProject(Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    TextTable table({"import", "format", "samples", "state", removed ? "kept until" : "started",
                     removed ? "removed from" : "path"});
    const auto all = removed ? removedImports(*project) : imports(*project);
    for (const ImportRow &row : all) {
        if (out.isJson())
            out.row(rowOf(row));
        table.add({std::to_string(row.id.value), row.importer + (row.kind == ImportKind::Extraction ? ", faces" : ""),
                   grouped(row.samples), stateOf(row),
                   row.removedAtMs ? isoDate(deletedFromMs(*row.removedAtMs)) : isoTime(row.startedAtMs),
                   printable(row.root.string())});
    }
    out.print(!table.isEmpty() ? table.text()
              : removed        ? "The bin holds no imports."
                               : "Nothing has been imported yet.");
    return out.done({{"rows", all.size()}});
}

using Change = Result<ImportRow> (*)(Project &, ImportId);

int change(Session &session, std::int64_t id, Change work)
{
    JsonLines &out = session.out();
    auto project = session.openProject(Project::Access::Write);
    if (!project)
        return out.failed(project.error());
    const auto row = work(*project, ImportId{id});
    if (!row)
        return out.failed(row.error());
    out.print(row->removedAtMs
                  ? "Removed import " + std::to_string(id) + " with " + counted(row->samples, "sample") +
                        ". mien imports restore " + std::to_string(id) + " brings it back until " +
                        isoDate(deletedFromMs(*row->removedAtMs)) + "."
                  : "Import " + std::to_string(id) + " is back with " + counted(row->samples, "sample") + ".");
    return out.done(rowOf(*row));
}

Command changing(const char *name, const char *summary, Change work)
{
    return {.name = name,
            .summary = summary,
            .needs = Command::Needs::Project,
            .declare = [work](Options &options) -> Action {
                const auto id = std::make_shared<std::int64_t>(0);
                options.whole("IMPORT", "IMPORT", *id, 1, INT64_MAX, "Number of the import, as in mien imports list")
                    .required();
                return [id, work](Session &session) { return change(session, *id, work); };
            }};
}

} // namespace

Command importsCommand()
{
    using Needs = Command::Needs;
    Command listSub{.name = "list",
                    .summary = "What was imported",
                    .needs = Needs::Project,
                    .declare = [](Options &options) -> Action {
                        const auto removed = std::make_shared<bool>(false);
                        options.flag("--removed", *removed, "What lies in the bin instead");
                        return [removed](Session &session) { return list(session, *removed); };
                    }};
    return {.name = "imports",
            .summary = "What was imported; remove an import, or bring it back",
            .needs = Needs::Project,
            .declare = {},
            .children = {listSub,
                         changing("remove", "Take an import with its samples out; kept for 30 days", removeImport),
                         changing("restore", "Bring a removed import back as it was", restoreImport)}};
}

} // namespace mien
