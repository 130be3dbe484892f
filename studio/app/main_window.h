#pragma once

#include "studio/common/page.h"
#include "studio/common/project_session.h"
#include "studio/common/studio.h"

#include <QMainWindow>

namespace mien {

class ActionRegistry;
class Background;
class DatabaseRescue;
class ErrorBar;
class JobQueue;
class ModeBar;
class PageStack;
class ProjectOpener;
class ReadFailureNotice;
class SessionKeeper;
class StatusLine;
class WindowActions;
class WindowDocks;
struct WindowState;

/// The one window: modes left, a page, one dock right, the status bar. It holds the project that is open and tells its
/// parts about it; each part has its own class: ModeBar, PageStack, WindowDocks, StatusLine, RegistryMenus,
/// WindowActions (verbs), ProjectOpener (ways into a project).
class MainWindow : public QMainWindow
{
    Q_OBJECT

public:
    explicit MainWindow(QWidget *parent = nullptr);
    ~MainWindow() override;

    Studio &studio();
    ProjectSession *session() const { return m_session.get(); }
    ActionRegistry &actions() const { return *m_actions; }
    Page *page(const QString &id) const; ///< Null until it was shown once.
    QString currentPage() const;
    QStringList pageIds() const; ///< Pages of the mode bar that can be shown now, in order.

    void openProject(const QString &folder);
    void closeProject();
    /// Makes an empty project, opens it and shows Import with `sources`.
    void makeProject(const QString &folder, const QStringList &sources);
    /// Makes the page when it is shown for the first time.
    void showPage(const QString &id);
    /// Files, folders and projects as dropped or named on the command line: opens the first project, imports the rest.
    void openPaths(const QStringList &paths);
    bool isOpening() const;
    /// True when the page in front waits for nothing: what `--self-test` and `--screens` look at.
    bool isSettled() const;
    void saveSession(); ///< Geometry, layouts and the pages' states; done by closing.
    void askWhoLabels();
    /// Closes in order where nobody can answer: jobs go on and are found again, what is not saved yet is lost.
    void closeWithoutAsking();

Q_SIGNALS:
    void projectOpened();
    void projectFailed(const QString &message);

protected:
    void closeEvent(QCloseEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    class Context;

    void makeCentre();
    void adopt(std::shared_ptr<ProjectSession::Opened> opened, const QString &folder);
    void follow(ProjectSession &session);
    void warnAbout(const ProjectSession &session);
    void tellReadOnly();
    void openAgain();
    void tellJobEnd(const QString &id);
    void tellNotSaved();
    void offerRecovery();
    void restore(const WindowState &state);
    void askForPlace();
    void moveTo(const QString &folder);
    void showFirstPage();
    void refreshRecent();
    bool askBeforeClosing(); ///< True when there is something to ask; closes by itself then.

    ActionRegistry *m_actions;
    std::unique_ptr<Context> m_context;
    std::unique_ptr<ProjectSession> m_session;
    JobQueue *m_programJobs;
    Background *m_recent, *m_mover;
    SessionKeeper *m_keeper;
    ReadFailureNotice *m_unread;
    std::vector<ProjectSession::Change> m_carried; ///< Not saved at the old place: made again at the new one.
    QString m_pageAfterOpening;
    bool m_closing = false;

    ModeBar *m_modes;
    PageStack *m_pages;
    ErrorBar *m_errors;
    QString m_notSaved; ///< What it says of that, until everything is saved.
    QString m_readOnly; ///< What it says of who writes.
    WindowDocks *m_docks;
    StatusLine *m_status;
    ProjectOpener *m_opener;
    DatabaseRescue *m_rescue;
    WindowActions *m_verbs;
};

} // namespace mien
