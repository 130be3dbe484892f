#include "studio/app/command_line.h"
#include "studio/app/main_window.h"
#include "studio/app/screens.h"
#include "studio/app/self_test.h"
#include "studio/app/termination.h"
#include "studio/common/settings.h"
#include "studio/common/theme.h"

#include <QApplication>
#include <QIcon>
#include <QLocale>
#include <QSettings>
#include <QTranslator>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <string_view>

namespace {

/// What is only printed needs no screen.
bool isPrintedOnly(int argc, char **argv)
{
    static constexpr std::string_view printed[] = {"-h", "--help", "--help-all", "-v", "--version"};
    return argc == 2 && std::find(std::begin(printed), std::end(printed), argv[1]) != std::end(printed);
}

/// Qt would end the program with a dump of memory.
bool hasScreen(int argc, char **argv)
{
    const bool isPlatformChosen = std::any_of(argv, argv + argc, [](const char *argument) {
        return std::string_view(argument) == "-platform" || std::string_view(argument) == "--platform";
    });
    return isPlatformChosen || qEnvironmentVariableIsSet("QT_QPA_PLATFORM") || qEnvironmentVariableIsSet("DISPLAY") ||
           qEnvironmentVariableIsSet("WAYLAND_DISPLAY");
}

int printed(const mien::CommandLine &line)
{
    std::fprintf(line.exitCode == 0 ? stdout : stderr, "%s\n", qPrintable(line.message));
    return line.exitCode;
}

} // namespace

int main(int argc, char **argv)
{
    using namespace mien;
    QApplication::setApplicationName(QStringLiteral("mien"));
    QApplication::setApplicationDisplayName(QStringLiteral("Mien"));
    QApplication::setApplicationVersion(QStringLiteral(MIEN_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("mien-studio"));
    if (isPrintedOnly(argc, argv)) {
        const QCoreApplication application(argc, argv);
        return printed(parseCommandLine(QCoreApplication::arguments()));
    }
    if (!hasScreen(argc, argv)) {
        std::fputs("mien-studio: there is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set). Everything but "
                   "the window works without one: mien --help lists the commands.\n",
                   stderr);
        return 1;
    }
    QApplication::setHighDpiScaleFactorRoundingPolicy(Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
    QApplication application(argc, argv);
    QIcon::setFallbackThemeName(QStringLiteral("breeze"));

    const CommandLine line = parseCommandLine(QApplication::arguments());
    if (!line.message.isEmpty())
        return printed(line);
    // English carries the plurals; a language of the system that we have comes on top of it.
    QTranslator english, local;
    if (english.load(QStringLiteral(":/mien/mien_en.qm")))
        QApplication::installTranslator(&english);
    if (QLocale().language() != QLocale::English &&
        local.load(QLocale(), QStringLiteral("mien"), QStringLiteral("_"), QStringLiteral(":/mien")))
        QApplication::installTranslator(&local);
    if (line.selfTest || !line.screens.isEmpty())
        rememberNothing();
    Theme &theme = Theme::instance();
    theme.install(application);
    theme.setMode(ThemeMode(settings().value(QStringLiteral("theme"), int(ThemeMode::System)).toInt()));

    MainWindow window;
    const Termination termination;
    QObject::connect(&termination, &Termination::requested, &window, [&window] {
        window.closeWithoutAsking();
        QApplication::quit();
    });
    if (!line.page.isEmpty())
        window.showPage(line.page);
    if (!line.paths.isEmpty())
        window.openPaths(line.paths);
    if (!line.screens.isEmpty()) {
        Screens screens(window, line.screens);
        return application.exec();
    }
    if (line.selfTest) {
        SelfTest test(window);
        window.show();
        return application.exec();
    }
    window.show();
    return application.exec();
}
