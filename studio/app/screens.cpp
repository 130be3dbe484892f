#include "studio/app/screens.h"

#include "studio/app/main_window.h"
#include "studio/common/theme.h"

#include <QApplication>
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
        for (const QString &page : m_window.pageIds()) {
            for (const bool dark : {false, true}) {
                const QString mode = dark ? QStringLiteral("dark") : QStringLiteral("light");
                m_shots.append({page, mode, dark, {1600, 1000}, 1});
                m_shots.append({page, mode + QStringLiteral("-1280x720"), dark, {1280, 720}, 1});
            }
            m_shots.append({page, QStringLiteral("light-2x"), false, {1280, 720}, 2});
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
    if (m_window.currentPage() != shot.page)
        m_window.showPage(shot.page);
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
        QImage image(m_window.size() * shot.scale, QImage::Format_RGB32);
        image.setDevicePixelRatio(shot.scale);
        QPainter painter(&image);
        m_window.render(&painter);
        painter.end();
        const QString path = QDir(m_folder).filePath(QStringLiteral("%1-%2.png").arg(shot.page, shot.suffix));
        if (!image.save(path)) {
            std::fprintf(stderr, "%s could not be written.\n", qPrintable(path));
            QApplication::exit(1);
            return;
        }
        next();
    });
}

} // namespace mien
