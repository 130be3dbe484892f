#pragma once

#include <QDateTime>
#include <QMap>
#include <QObject>
#include <QStringList>
#include <QVariantMap>

#include <functional>
#include <optional>

class QTimer;

namespace mien {

/// How the window stood: what a person filled in and had in front, not what is in the project.
struct WindowState
{
    QString project, page;            ///< Folder; id of the page in front.
    QMap<QString, QVariantMap> pages; ///< Page::state() by page id.
    QDateTime at;
};

/// Writes down every two seconds how the window stands, so that a crash loses no filled-in form and no place. One file
/// a window in the data folder of the user (`mien/sessions/<project>-<pid>.json`), removed when the project is closed
/// in order; a file whose process is gone is what a crash left. GUI thread only.
class SessionKeeper : public QObject
{
    Q_OBJECT

public:
    explicit SessionKeeper(std::function<WindowState()> look, QObject *parent);
    ~SessionKeeper() override; ///< Without end(): the file stays, as after a crash.

    void begin(const QString &project);
    void end();
    void keep(); ///< Now instead of at the next tick.

    static QString folder();
    /// What a crash left of this project, newest; nothing when the last window closed it in order.
    static std::optional<WindowState> leftOver(const QString &project);
    static void forget(const QString &project); ///< Deletes what crashes left of it.

private:
    std::function<WindowState()> m_look;
    QTimer *m_timer;
    QString m_file;
    QByteArray m_written;
};

} // namespace mien
