#pragma once

#include "studio/common/page.h"
#include "studio/common/project_session.h"
#include "studio/common/studio.h"

#include <QMainWindow>

class QButtonGroup;
class QDockWidget;
class QLabel;
class QMenu;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QToolButton;
class QVBoxLayout;

namespace mien {

class ActionRegistry;
class Background;
class ErrorBar;
class Inspector;
class JobQueue;
class JobsView;

/// The one window: modes left, a page, one dock right, jobs below when asked for, the status bar.
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
    struct Made
    {
        const PageEntry *entry = nullptr;
        Page *page = nullptr;
        QToolButton *button = nullptr;
    };

    void makeModeBar();
    void makeStatusBar();
    void makeActions();
    void makeMenus();
    void adopt(std::shared_ptr<ProjectSession::Opened> opened, const QString &folder);
    void storePageState(const Made &made);
    void storeLayout();
    void refreshSaved();
    void refreshUndo();
    void refreshJobs();
    void refreshRecent();
    void askForNewProject(const QString &name, const QStringList &sources);
    void importWhenOpen(const QStringList &sources);
    void askWhoLabels();
    void askBeforeClosing();
    Made *find(const QString &id);

    ActionRegistry *m_actions;
    std::unique_ptr<Context> m_context;
    std::unique_ptr<ProjectSession> m_session;
    JobQueue *m_programJobs;
    Background *m_opener;
    Background *m_recent;
    QString m_opening;
    QString m_pageAfterOpening;
    std::vector<Made> m_pages;
    QString m_current;
    bool m_closing = false;

    QWidget *m_modeBar = nullptr;
    QButtonGroup *m_modes = nullptr;
    QStackedWidget *m_stack = nullptr;
    ErrorBar *m_errors = nullptr;
    QDockWidget *m_inspectorDock = nullptr, *m_jobsDock = nullptr;
    Inspector *m_inspector = nullptr;
    JobsView *m_jobsView = nullptr;
    QLabel *m_message = nullptr, *m_device = nullptr;
    QPushButton *m_saved = nullptr, *m_annotator = nullptr, *m_jobsButton = nullptr;
    QProgressBar *m_jobsBar = nullptr;
    QMenu *m_menus[7] = {};
};

} // namespace mien
