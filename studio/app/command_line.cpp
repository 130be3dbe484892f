#include "studio/app/command_line.h"

#include "studio/app/page_list.h"

#include <QCommandLineParser>
#include <QFileInfo>

namespace mien {

CommandLine parseCommandLine(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Curates and labels facial-expression and drowsiness data sets."));
    const auto help = parser.addHelpOption();
    const auto version = parser.addVersionOption();
    QStringList pages;
    for (const PageEntry &entry : pageEntries())
        pages << entry.id;
    parser.addOption({QStringLiteral("page"),
                      QStringLiteral("Shows this page first: %1.").arg(pages.join(QStringLiteral(", "))),
                      QStringLiteral("NAME")});
    parser.addOption({QStringLiteral("self-test"),
                      QStringLiteral("Prints what the first painted window cost as one JSON line, and quits.")});
    parser.addOption({QStringLiteral("screens"), QStringLiteral("Writes every page as PNG into DIR, and quits."),
                      QStringLiteral("DIR")});
    parser.addPositionalArgument(QStringLiteral("PATH"),
                                 QStringLiteral("A project to open; or files and folders to import."),
                                 QStringLiteral("[PROJECT | FILE | FOLDER]…"));
    CommandLine line;
    const auto wrong = [&line](const QString &message) {
        line.message = message;
        line.exitCode = 2;
    };
    if (!parser.parse(arguments)) {
        wrong(parser.errorText());
        return line;
    }
    if (parser.isSet(help)) {
        line.message = parser.helpText();
        return line;
    }
    if (parser.isSet(version)) {
        line.message = QStringLiteral("mien-studio ") + QStringLiteral(MIEN_VERSION);
        return line;
    }
    line.page = parser.value(QStringLiteral("page")).toLower();
    if (!line.page.isEmpty() && !pages.contains(line.page))
        wrong(QStringLiteral("There is no page '%1'; possible: %2.").arg(line.page, pages.join(QStringLiteral(", "))));
    line.selfTest = parser.isSet(QStringLiteral("self-test"));
    line.screens = parser.value(QStringLiteral("screens"));
    for (const QString &path : parser.positionalArguments())
        line.paths << QFileInfo(path).absoluteFilePath();
    return line;
}

} // namespace mien
