#pragma once

#include <QString>
#include <QStringList>

namespace mien {

/// mien-studio [PROJECT | FILE | FOLDER]… [--page NAME] [--self-test] [--screens DIR]
struct CommandLine
{
    QStringList paths; ///< Absolute.
    QString page;
    bool selfTest = false;
    QString screens; ///< Folder; empty: none asked for.
    QString message; ///< Help, version or what is wrong: to be printed, then the program ends with exitCode.
    int exitCode = 0;
};

CommandLine parseCommandLine(const QStringList &arguments);

} // namespace mien
