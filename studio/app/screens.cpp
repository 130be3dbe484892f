#include "studio/app/screens.h"

#include "studio/app/main_window.h"
#include "studio/common/action_registry.h"
#include "studio/common/theme.h"

#include <QAction>
#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QImage>
#include <QPainter>
#include <QTimer>

#include <cstdio>

namespace mien {

Screens::Screens(MainWindow &window, const QString &folder) : m_window(window), m_folder(folder)
{
    Theme::instance().setMotion(false);
    QDir().mkpath(folder);
    const auto begin = [this] {
        QStringList pages = m_window.pageIds();
        pages.move(0, pages.size() - 1); // Start shows the strip of faces that the gallery made.
        const QSize large(1600, 1000), small(1280, 720);
        for (const QString &page : std::as_const(pages)) {
            for (const bool dark : {false, true}) {
                const QString mode = dark ? QStringLiteral("dark") : QStringLiteral("light");
                m_shots.append({page, mode, dark, large, 1, {}});
                m_shots.append({page, mode + QStringLiteral("-1280x720"), dark, small, 1, {}});
            }
            m_shots.append({page, QStringLiteral("light-2x"), false, small, 2, {}});
        }
        const QString page = pages.contains(QStringLiteral("gallery")) ? QStringLiteral("gallery") : pages.first();
        m_shots.append({page, QStringLiteral("light"), false, small, 1, QStringLiteral("view.jobs")});
        for (const char *verb : {"help.palette", "help.keys", "help.about"}) {
            m_shots.append({page, QStringLiteral("light"), false, small, 1, QLatin1String(verb)});
            m_shots.append({page, QStringLiteral("dark"), true, small, 1, QLatin1String(verb)});
        }
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

void Screens::next()
{
    if (m_shots.isEmpty()) {
        QApplication::exit(0);
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
        const QString name = shot.verb.isEmpty() ? shot.page : QString(shot.verb).replace(QLatin1Char('.'), QLatin1Char('-'));
        const bool saved = dialog ? save(*dialog, shot, name) : save(m_window, shot, name);
        if (dialog)
            dialog->close();
        if (!saved)
            return;
        next();
    });
}

bool Screens::save(QWidget &widget, const Shot &shot, const QString &name)
{
    QImage image(widget.size() * shot.scale, QImage::Format_RGB32);
    image.setDevicePixelRatio(shot.scale);
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
