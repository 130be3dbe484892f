#include "studio/cli/command_table.h"
#include "studio/cli/session.h"
#include "studio/cli/text_table.h"
#include "studio/cli/time_text.h"

#include <memory>

namespace mien {

using nlohmann::json;

namespace {

json rowOf(const Edit &edit)
{
    return {{"id", edit.id.value},      {"name", edit.name},       {"by", edit.by},
            {"at", isoTime(edit.atMs)}, {"samples", edit.samples}, {"withdrawn", edit.withdrawnAtMs.has_value()}};
}

int walk(Session &session, Result<Edit> (Project::*step)(), const std::string &verb)
{
    auto project = session.openProject(Project::Access::Write);
    if (!project)
        return session.out().failed(project.error());
    const auto edit = ((*project).*step)();
    if (!edit)
        return session.out().failed(edit.error());
    session.out().print(verb + ": " + edit->name);
    return session.out().done(
        {{"edit", edit->name}, {"edit_id", edit->id.value}, {"by", edit->by}, {"samples", edit->samples}});
}

} // namespace

Command undoCommand()
{
    return {.name = "undo",
            .summary = "Take back the newest edit",
            .needs = Command::Needs::Project,
            .declare = [](Options &) -> Action {
                return [](Session &session) { return walk(session, &Project::undo, "Undone"); };
            }};
}

Command redoCommand()
{
    return {.name = "redo",
            .summary = "Do again what was taken back last",
            .needs = Command::Needs::Project,
            .declare = [](Options &) -> Action {
                return [](Session &session) { return walk(session, &Project::redo, "Done again"); };
            }};
}

Command historyCommand()
{
    return {.name = "history",
            .summary = "The edits, newest first",
            .needs = Command::Needs::Project,
            .declare = [](Options &options) -> Action {
                const auto limit = std::make_shared<std::int64_t>(100);
                options.whole("--limit", "N", *limit, 1, 1'000'000'000, "At most this many edits (100)");
                return [limit](Session &session) {
                    const auto project = session.openProject(Project::Access::Read);
                    if (!project)
                        return session.out().failed(project.error());
                    TextTable table({"edit", "when", "by", "what"});
                    for (const Edit &edit : project->history(int(*limit))) {
                        if (session.out().isJson())
                            session.out().row(rowOf(edit));
                        table.add({std::to_string(edit.id.value), isoTime(edit.atMs), edit.by,
                                   edit.name + (edit.withdrawnAtMs ? " (undone)" : "")});
                    }
                    session.out().print(table.isEmpty() ? "Nothing has been edited yet." : table.text());
                    const auto undoable = project->nextUndo();
                    const auto redoable = project->nextRedo();
                    return session.out().done({{"edit", undoable ? json(undoable->name) : json()},
                                               {"redo", redoable ? json(redoable->name) : json()}});
                };
            }};
}

} // namespace mien
