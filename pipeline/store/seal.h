#pragma once

#include "models/base/job.h"
#include "models/base/result.h"

#include <filesystem>

namespace mien {

class Project;

/// `project.seal`: size and hash of project.db as the last writer left it. SQLite notices damage of its structure, not
/// of a text or number inside a row; with the seal any changed byte shows. It is broken (removed) before the first
/// change and made again when a writer closes in order, so after a kill there is none and nothing is claimed.
enum class Seal {
    Whole,  ///< Every byte is what it was.
    Broken, ///< Some byte is not.
    None,   ///< Nothing to compare with: the last writer was killed, or one is at work.
};

/// Reads the whole file, through SQLite's own descriptor: closing another one of this file would drop the locks of this
/// process. Fails with Cancelled or Unreadable.
Result<Seal> checkSeal(const Project &project, const Job &job);

/// Of a project that is about to be closed by its only writer. Does nothing where another connection is at work, and
/// never fails: a project without a seal is as good, only damage of its contents is seen later.
void makeSeal(const Project &project);

/// To be called inside the transaction that changes something, which must not go on when it fails.
Result<> breakSeal(const std::filesystem::path &projectFolder);

} // namespace mien
