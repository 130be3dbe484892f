#pragma once

#include <QList>
#include <QObject>
#include <QSize>
#include <QString>

namespace mien {

class MainWindow;

/// Renders every page as PNG: light and dark at 1600x1000 and 1280x720, light again at twice the pixels; then the docks
/// and dialogs that belong to no page. Waits until a page is settled, without blocking; quits with 0, or 1 when a file
/// cannot be written.
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
        double scale = 1;
        QString verb; ///< Triggered before: its dialog is taken instead of the window, when it opens one.
    };
    void next();
    void take(const Shot &shot);
    bool save(QWidget &widget, const Shot &shot, const QString &name);

    MainWindow &m_window;
    QString m_folder;
    QList<Shot> m_shots;
    int m_patience = 0;
    bool m_posed = false;
};

} // namespace mien
