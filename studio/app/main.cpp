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

#include <cstdio>

int main(int argc, char **argv)
{
    QApplication::setApplicationName(QStringLiteral("mien"));
    QApplication::setApplicationDisplayName(QStringLiteral("Mien"));
    QApplication::setApplicationVersion(QStringLiteral(MIEN_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("mien-studio"));
    QApplication::setHighDpiScaleFactorRoundingPolicy(Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
    QApplication application(argc, argv);
    QIcon::setFallbackThemeName(QStringLiteral("breeze"));

    using namespace mien;
    const CommandLine line = parseCommandLine(QApplication::arguments());
    if (!line.message.isEmpty()) {
        std::fprintf(line.exitCode == 0 ? stdout : stderr, "%s\n", qPrintable(line.message));
        return line.exitCode;
    }
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
