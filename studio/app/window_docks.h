#pragma once

#include <QObject>

class QDockWidget;
class QMainWindow;

namespace mien {

class JobsView;
class Studio;

/// The docks at the right, inspector and jobs, and how they lie in each mode. Layouts are kept in the settings, one a
/// mode, and written only when a mode is left or the window really closes.
class WindowDocks : public QObject
{
    Q_OBJECT

public:
    WindowDocks(QMainWindow &window, Studio &studio);
    ~WindowDocks() override; ///< The inspector holds on to the project and goes first.

    JobsView &jobs() const { return *m_jobs; }
    void showJobs();
    void showInspector();
    void toggleInspector();
    void toggleJobs(); ///< Brings the jobs to the front; hides them when they are there already.

    void storeLayout(const QString &mode) const;
    void restoreLayout(const QString &mode);
    void resetLayouts(); ///< As in the beginning, in every mode.

private:
    QDockWidget *makeDock(const char *name, const QString &title, QWidget *content);

    QMainWindow &m_window;
    JobsView *m_jobs;
    QDockWidget *m_inspectorDock = nullptr, *m_jobsDock = nullptr;
};

} // namespace mien
