#pragma once

#include <QList>
#include <QObject>
#include <QSize>
#include <QString>

namespace mien {

class MainWindow;

/// Renders every page as PNG: light and dark at 1600x1000 and 1280x720; then the docks and dialogs that belong to no
/// page; then, in a second process that runs with QT_SCALE_FACTOR=2, every page again as a screen of twice the pixels
/// shows it. Waits until a page is settled, without blocking; quits with 0, or 1 when a file cannot be written.
class Screens : public QObject
{
    Q_OBJECT

public:
    Screens(MainWindow &window, const QString &folder);

private:
    struct Shot
    {
        QString page, suffix;
        bool dark = false;
        QSize size;
        QString verb; ///< Triggered before: its dialog is taken instead of the window, when it opens one.
    };
    void listShots();
    void next();
    void goOnAtTwiceThePixels();
    void take(const Shot &shot);
    bool save(QWidget &widget, const Shot &shot, const QString &name);

    MainWindow &m_window;
    QString m_folder;
    QList<Shot> m_shots;
    int m_patience = 0;
    bool m_posed = false;
};

} // namespace mien
