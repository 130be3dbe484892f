#pragma once

#include "studio/cli/options.h"

#include <functional>
#include <string>
#include <vector>

namespace mien {

class Session;

/// What a command does once its options are read: 0 done, 1 failed, 2 wrong usage, 3 some items skipped, 130 cancelled.
using Action = std::function<int(Session &)>;

/// One row of the table of commands (commands.cpp), from which parsing, help and completion are made.
struct Command
{
    /// Whether the command works on a project, and so takes `-p`.
    enum class Needs { Nothing, Project, ProjectIfThere };

    std::string name;
    std::string summary;
    Needs needs = Needs::Nothing;
    std::function<Action(Options &)> declare; ///< Declares the options and gives what to run; empty with `children`.
    std::vector<Command> children;            ///< `snapshot create`, `runs compare` …
    std::string notes = {};                   ///< Behind the options in its help: formats, examples.
};

/// All commands of this version, in the order of the help.
const std::vector<Command> &commands();

/// Commands of later versions: not in the help; naming one says so.
const std::vector<std::string> &laterCommands();

/// Options that every command has, after its own.
struct CommonOptions
{
    std::string project;
    bool json = false;
    std::string report;
    std::string jobId;
};
void declareCommon(const Command &command, Options &options, CommonOptions &target);

} // namespace mien
