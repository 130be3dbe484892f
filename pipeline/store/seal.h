#pragma once

#include "models/base/job.h"
#include "models/base/result.h"

#include <filesystem>

namespace SQLite {
class Database;
}

namespace mien {

class Project;

/// `project.seal`: size and hash of project.db as the last writer left it. SQLite notices damage of its structure, not
/// of a text or number inside a row; with the seal any changed byte shows. It is broken (removed) before the first
/// change and made again when a writer closes in order, so after a kill there is none and nothing is claimed.
///
/// A seal that does not match is kept as `project.seal.broken`: as long as it is there, every check says Broken and no
/// new seal is made, whatever is written meanwhile; acceptContent() ends that. What is found when:
///
///     checkSeal()           any changed byte; reads the whole file (doctor, the window after opening)
///     checkSealAtOpening()  the same up to 8 MB. A larger file is read only when its size or its time of change is
///                           not that of the seal: what a failing disk changed in it is left to checkSeal()
enum class Seal {
    Whole,  ///< Every byte is what it was.
    Broken, ///< Some byte is not.
    None,   ///< Nothing to compare with: the last writer was killed, or one is at work.
};

/// Reads the whole file, through SQLite's own descriptor: closing another one of this file would drop the locks of this
/// process. A seal found broken is kept where the project is open for writing. Fails with Cancelled or Unreadable.
Result<Seal> checkSeal(const Project &project, const Job &job);

/// By the only writer, before it changes anything; a broken seal is kept. Fails when that is not possible.
Result<Seal> checkSealAtOpening(SQLite::Database &database, const std::filesystem::path &projectFolder);

/// True while a broken seal is kept.
bool isBrokenSealKept(const std::filesystem::path &projectFolder);

/// The content counts as right from now on: doctor examined it, or a backup takes its place.
Result<> acceptContent(const std::filesystem::path &projectFolder);

/// Of a project that is about to be closed by its only writer. Does nothing where another connection is at work, and
/// never fails: a project without a seal is as good, only damage of its contents is seen later.
void makeSeal(const Project &project);

/// To be called inside the transaction that changes something, which must not go on when it fails.
Result<> breakSeal(const std::filesystem::path &projectFolder);

} // namespace mien
