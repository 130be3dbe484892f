#include "tests/support/opened_window.h"

#include "studio/app/main_window.h"
#include "studio/common/settings.h"
#include "studio/common/theme.h"
#include "tests/support/controls.h"

#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QPainter>
#include <QPixmap>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTest>

namespace mien::test {

namespace {

/// The window with the question that is open in front of it.
QPixmap pictureOf(MainWindow &window)
{
    QPixmap picture = window.grab();
    for (QDialog *dialog : window.findChildren<QDialog *>()) {
        if (!dialog->isVisible())
            continue;
        const QPixmap asked = dialog->grab();
        QPainter painter(&picture);
        painter.fillRect(picture.rect(), QColor(0, 0, 0, 90));
        painter.drawPixmap((picture.width() - asked.width()) / 2, (picture.height() - asked.height()) / 2, asked);
    }
    return picture;
}

QStringList mainActionsOf(const MainWindow &window)
{
    QStringList found;
    for (const QPushButton *button : window.findChildren<QPushButton *>()) {
        const bool isMain = button->property("primary").toBool() && button->isEnabled();
        if (isMain && button->window() == &window && button->isVisible())
            found << button->text();
    }
    return found;
}

} // namespace

void prepareWindowTests(const char *mienProgram)
{
    qputenv("MIEN_PROGRAM", mienProgram);
    Theme::instance().install(*qApp);
    settings().clear();
    settings().setValue(QStringLiteral("annotator"), QStringLiteral("ann"));
}

bool openProject(MainWindow &window, const QString &folder, QSize size)
{
    window.resize(size);
    window.show();
    QSignalSpy opened(&window, &MainWindow::projectOpened);
    window.openProject(folder);
    return QTest::qWaitFor([&] { return !opened.isEmpty(); }, 60'000);
}

QStringList faultsOfLook(MainWindow &window, const QString &state)
{
    QStringList faults;
    const QString folder = qEnvironmentVariable("MIEN_PICTURES");
    const QSize before = window.size();
    const ThemeMode mode = Theme::instance().mode();
    window.resize(1280, 720);
    for (const bool dark : {false, true}) {
        Theme::instance().setMode(dark ? ThemeMode::Dark : ThemeMode::Light);
        if (!QTest::qWaitFor([&] { return window.isSettled(); }, 20'000))
            faults << state + QStringLiteral(": does not settle");
        QTest::qWait(20); // what a smaller window lays out anew
        if (folder.isEmpty())
            continue;
        const QString path = QStringLiteral("%1/%2-%3.png").arg(folder, state, dark ? "dark" : "light");
        if (!QDir().mkpath(folder) || !pictureOf(window).save(path))
            faults << path + QStringLiteral(" could not be written");
    }
    faults += clippedIn(window, &window, state);
    for (const QDialog *dialog : window.findChildren<QDialog *>()) {
        if (dialog->isVisible())
            faults += clippedIn(*dialog, dialog, state);
    }
    if (const QStringList actions = mainActionsOf(window); actions.size() > 1)
        faults << QStringLiteral("%1: main actions %2").arg(state, actions.join(QStringLiteral(", ")));
    Theme::instance().setMode(mode);
    window.resize(before);
    return faults;
}

} // namespace mien::test
