#pragma once

#include "studio/common/project_session.h"
#include "studio/common/studio.h"

#include <QObject>
#include <QStringList>

#include <memory>
#include <utility>

namespace mien {

class Background;

/// The ways into a project: opened or made by a dialog, named on the command line, dropped on the window. Opening and
/// making happen on a worker thread; what was dropped for import waits until the project is open.
class ProjectOpener : public QObject
{
    Q_OBJECT

public:
    ProjectOpener(Studio &studio, QObject *parent);

    void open(const QString &folder);
    void make(const QString &folder, const QStringList &sources); ///< An empty project; opens it, then imports.
    void openPaths(const QStringList &paths); ///< Opens the first project among them, imports the rest.
    void askForProject();
    void askForNewProject(const QString &name, const QStringList &sources);

    bool isBusy() const { return !m_opening.isEmpty(); }
    /// What to import into the project that was just opened; forgotten by asking.
    QStringList takeSources() { return std::exchange(m_sources, {}); }
    /// True once after make() without sources: Import is the next step with an empty project.
    bool takeIsNew() { return std::exchange(m_isNew, false); }

Q_SIGNALS:
    void opened(const std::shared_ptr<mien::ProjectSession::Opened> &opened, const QString &folder);
    void failed(const mien::Error &error, const QString &folder);

private:
    Studio &m_studio;
    Background *m_background;
    QString m_opening;
    QStringList m_sources;
    bool m_isNew = false;
};

} // namespace mien
