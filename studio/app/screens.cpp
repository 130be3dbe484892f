#include "studio/app/screens.h"

#include "studio/app/main_window.h"
#include "studio/common/action_registry.h"
#include "studio/common/project_session.h"
#include "studio/common/theme.h"

#include <QAction>
#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QImage>
#include <QPainter>
#include <QProcess>
#include <QTimer>

#include <cstdio>

namespace mien {

Screens::Screens(MainWindow &window, const QString &folder)
    : m_window(window)
    , m_folder(folder)
{
    Theme::instance().setMotion(false);
    QDir().mkpath(folder);
    const auto begin = [this] {
        listShots();
        m_window.show();
        next();
    };
    connect(&window, &MainWindow::projectFailed, this, [](const QString &message) {
        std::fprintf(stderr, "%s\n", qPrintable(message));
        QApplication::exit(1);
    });
    if (window.isOpening())
        connect(&window, &MainWindow::projectOpened, this, begin, Qt::QueuedConnection);
    else
        QTimer::singleShot(0, this, begin);
}

void Screens::listShots()
{
    const QSize large(1600, 1000), small(1280, 720);
    QStringList pages = m_window.pageIds();
    pages.move(0, pages.size() - 1); // Start shows the strip of faces that the gallery made.
    if (m_window.devicePixelRatioF() > 1) {
        for (const QString &page : std::as_const(pages)) {
            for (const bool dark : {false, true})
                m_shots.append({page, dark ? QStringLiteral("dark-2x") : QStringLiteral("light-2x"), dark, small, {}});
        }
        return;
    }
    for (const QString &page : std::as_const(pages)) {
        for (const bool dark : {false, true}) {
            const QString mode = dark ? QStringLiteral("dark") : QStringLiteral("light");
            m_shots.append({page, mode, dark, large, {}});
            m_shots.append({page, mode + QStringLiteral("-1280x720"), dark, small, {}});
        }
    }
    const QString page = pages.contains(QStringLiteral("gallery")) ? QStringLiteral("gallery") : pages.first();
    for (const char *verb : {"view.jobs", "help.palette", "help.keys", "help.about", "edit.annotator"}) {
        for (const bool dark : {false, true})
            m_shots.append(
                {page, dark ? QStringLiteral("dark") : QStringLiteral("light"), dark, small, QLatin1String(verb)});
    }
}

void Screens::next()
{
    if (m_shots.isEmpty()) {
        if (m_window.devicePixelRatioF() > 1)
            QApplication::exit(0);
        else
            goOnAtTwiceThePixels();
        return;
    }
    const Shot shot = m_shots.takeFirst();
    Theme::instance().setMode(shot.dark ? ThemeMode::Dark : ThemeMode::Light);
    m_window.resize(shot.size);
    m_posed = m_window.currentPage() == shot.page;
    if (!m_posed)
        m_window.showPage(shot.page);
    if (QAction *verb = m_window.actions().action(shot.verb))
        verb->trigger();
    m_patience = 100;
    take(shot);
}

void Screens::goOnAtTwiceThePixels()
{
    const QString project = m_window.session() ? m_window.session()->folder() : QString();
    m_window.closeProject(); // The other process is to open it for writing, as a person would.
    auto *process = new QProcess(this);
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("QT_SCALE_FACTOR"), QStringLiteral("2"));
    process->setProcessEnvironment(environment);
    process->setProcessChannelMode(QProcess::ForwardedChannels);
    connect(process, &QProcess::errorOccurred, this, [] { QApplication::exit(1); });
    connect(process, &QProcess::finished, this, [](int status) { QApplication::exit(status); });
    process->start(QApplication::applicationFilePath(), QStringList{QStringLiteral("--screens"), m_folder} +
                                                            (project.isEmpty() ? QStringList() : QStringList{project}));
}

void Screens::take(const Shot &shot)
{
    // 150 ms after the last change nothing is pending but what the page itself reports.
    QTimer::singleShot(150, this, [this, shot] {
        if (!m_window.isSettled() && --m_patience > 0) {
            take(shot);
            return;
        }
        if (!m_posed) {
            m_posed = true;
            m_window.page(shot.page)->pose();
            take(shot);
            return;
        }
        QDialog *dialog = nullptr;
        for (QDialog *open : m_window.findChildren<QDialog *>()) {
            if (open->isVisible())
                dialog = open;
        }
        const QString name =
            shot.verb.isEmpty() ? shot.page : QString(shot.verb).replace(QLatin1Char('.'), QLatin1Char('-'));
        const bool saved = dialog ? save(*dialog, shot, name) : save(m_window, shot, name);
        if (dialog)
            dialog->close();
        else if (QAction *verb = m_window.actions().action(shot.verb))
            verb->trigger(); // what it showed is put away for the next picture
        if (!saved)
            return;
        next();
    });
}

bool Screens::save(QWidget &widget, const Shot &shot, const QString &name)
{
    const double ratio = widget.devicePixelRatioF();
    QImage image(widget.size() * ratio, QImage::Format_RGB32);
    image.setDevicePixelRatio(ratio);
    QPainter painter(&image);
    widget.render(&painter);
    painter.end();
    const QString path = QDir(m_folder).filePath(QStringLiteral("%1-%2.png").arg(name, shot.suffix));
    if (image.save(path))
        return true;
    std::fprintf(stderr, "%s could not be written.\n", qPrintable(path));
    QApplication::exit(1);
    return false;
}

} // namespace mien
