#include "studio/cli/command.h"
#include "studio/cli/command_table.h"

namespace mien {

const std::vector<Command> &commands()
{
    static const std::vector<Command> table = {
        initCommand(),       demoCommand(),     importCommand(),   importsCommand(), infoCommand(),
        listCommand(),       labelCommand(),    undoCommand(),     redoCommand(),    historyCommand(),
        packCommand(),       trainCommand(),    flagCommand(),     flagsCommand(),   explainCommand(),
        predictCommand(),    probeCommand(),    framesCommand(),   extractCommand(), splitCommand(),
        dedupCommand(),      snapshotCommand(), runsCommand(),     exportCommand(),  doctorCommand(),
        thumbsCommand(),     networksCommand(), formatsCommand(),  devicesCommand(), versionCommand(),
        drowsinessCommand(), convertCommand(),  selftestCommand(), embedCommand(),   completionCommand(),
    };
    return table;
}

const std::vector<std::string> &laterCommands()
{
    static const std::vector<std::string> names = {"review",   "merge",  "agreement", "erase",
                                                   "relocate", "submit", "plugins"};
    return names;
}

void declareCommon(const Command &command, Options &options, CommonOptions &target)
{
    if (command.needs != Command::Needs::Nothing) {
        options
            .folder("--project", "PROJECT", target.project,
                    "The project folder; default: the one around the current folder")
            .shortName("-p");
        options.text("--job", "ID", target.jobId, "Name of the job's folder").hidden();
    }
    options.flag("--json", target.json, "Print JSON lines and nothing else on standard output");
    options.file("--report", "FILE", target.report, "Write what was skipped or noted as CSV");
}

} // namespace mien
