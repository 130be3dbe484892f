#pragma once

#include "studio/cli/command.h"

namespace mien {

// One function a command, each in <name>_command.cpp.
Command initCommand();
Command demoCommand();
Command importCommand();
Command importsCommand();
Command infoCommand();
Command listCommand();
Command labelCommand();
Command undoCommand();
Command redoCommand();
Command historyCommand();
Command packCommand();
Command trainCommand();
Command flagCommand();
Command flagsCommand();
Command selftestCommand();
Command explainCommand();
Command embedCommand();
Command predictCommand();
Command probeCommand();
Command framesCommand();
Command extractCommand();
Command splitCommand();
Command dedupCommand();
Command drowsinessCommand();
Command snapshotCommand();
Command runsCommand();
Command exportCommand();
Command convertCommand();
Command doctorCommand();
Command thumbsCommand();
Command networksCommand();
Command formatsCommand();
Command devicesCommand();
Command versionCommand();
Command completionCommand();

} // namespace mien
