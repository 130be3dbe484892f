#include "studio/app/main_window.h"

#include "studio/app/database_rescue.h"
#include "studio/app/mode_bar.h"
#include "studio/app/page_stack.h"
#include "studio/app/project_opener.h"
#include "studio/app/read_failure_notice.h"
#include "studio/app/recovery_dialog.h"
#include "studio/app/registry_menus.h"
#include "studio/app/return_presses.h"
#include "studio/app/session_keeper.h"
#include "studio/app/status_line.h"
#include "studio/app/window_actions.h"
#include "studio/app/window_docks.h"
#include "studio/common/action_registry.h"
#include "studio/common/annotator_dialog.h"
#include "studio/common/background.h"
#include "studio/common/error_bar.h"
#include "studio/common/job_queue.h"
#include "studio/common/jobs_view.h"
#include "studio/common/recent_projects.h"
#include "studio/common/settings.h"
#include "studio/common/theme.h"

#include "pipeline/store/project_copy.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDesktopServices>
#include <QDir>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QScreen>
#include <QSettings>
#include <QStandardPaths>
#include <QStatusBar>
#include <QTimer>
#include <QUrl>
#include <QVBoxLayout>

namespace mien {

namespace {

constexpr QSize kLeastSize(960, 600); // In logical pixels.

/// A page that did not say where the keyboard begins gets it at its first control.
void focusFirstOf(QWidget &page)
{
    const QWidget *focused = page.window()->focusWidget();
    if (focused && focused != &page && page.isAncestorOf(focused))
        return;
    for (QWidget *next = page.nextInFocusChain(); next && next != &page; next = next->nextInFocusChain()) {
        if ((next->focusPolicy() & Qt::TabFocus) == Qt::TabFocus && page.isAncestorOf(next) && next->isEnabled() &&
            next->isVisible()) {
            next->setFocus(Qt::OtherFocusReason);
            return;
        }
    }
}

} // namespace

/// What pages see of the window.
class MainWindow::Context : public Studio
{
public:
    explicit Context(MainWindow &owner)
        : m_owner(owner)
    {
    }

    ActionRegistry &actions() override { return *m_owner.m_actions; }
    ProjectSession *session() const override { return m_owner.m_session.get(); }
    JobQueue &jobs() override { return m_owner.m_session ? m_owner.m_session->jobs() : *m_owner.m_programJobs; }
    QWidget *window() const override { return &m_owner; }
    void openProject(const QString &folder) override { m_owner.openProject(folder); }
    void closeProject() override { m_owner.closeProject(); }
    void showPage(const QString &id) override { m_owner.showPage(id); }
    bool hasPage(const QString &id) const override { return m_owner.pageIds().contains(id); }
    void importPaths(const QStringList &paths) override
    {
        m_owner.showPage(QStringLiteral("import"));
        if (Page *page = m_owner.page(QStringLiteral("import")))
            page->dropped(paths);
    }
    void showJobs() override { m_owner.m_docks->showJobs(); }
    void showInspector() override { m_owner.m_docks->showInspector(); }
    void showError(const QString &message, const QString &details = {}, std::vector<Remedy> remedies = {}) override
    {
        m_owner.m_errors->show(message, details, std::move(remedies));
    }
    void showNotice(const QString &message, std::vector<Remedy> remedies = {}) override
    {
        m_owner.m_errors->show(message, {}, std::move(remedies), ErrorBar::Kind::Notice);
    }
    void announce(const QString &text) override { m_owner.m_status->announce(text); }

private:
    MainWindow &m_owner;
};

MainWindow::MainWindow(QWidget *parent)
    : QMainWindow(parent)
    , m_actions(new ActionRegistry(this, &settings()))
    , m_context(std::make_unique<Context>(*this))
    , m_recent(new Background(this))
    , m_mover(new Background(this))
{
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(QStringLiteral("Mien"));
    setWindowIcon(QIcon(QStringLiteral(":/mien/icons/mien.svg")));
    setAcceptDrops(true);
    qApp->installEventFilter(new ReturnPresses(this));
    setDockNestingEnabled(false);
    const QString dataFolder = QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation);
    m_programJobs = new JobQueue(QDir(dataFolder).filePath(QStringLiteral("mien/jobs")), this);

    m_opener = new ProjectOpener(*m_context, this);
    m_rescue = new DatabaseRescue(*m_context, this);
    m_modes = new ModeBar(*m_actions);
    m_pages = new PageStack(*m_context);
    m_errors = new ErrorBar;
    m_unread = new ReadFailureNotice(*m_context, this);
    makeCentre();
    m_docks = new WindowDocks(*this, *m_context);
    m_verbs = new WindowActions(*this, *m_opener, *m_docks, *m_modes);
    m_status = new StatusLine(*statusBar());
    new RegistryMenus(*menuBar(), *m_actions);
    m_docks->jobs().setQueue(m_programJobs);
    m_status->setQueue(m_programJobs);
    m_keeper = new SessionKeeper(
        [this] {
            return WindowState{m_session ? m_session->folder() : QString(), currentPage(), m_pages->states(), {}};
        },
        this);

    connect(m_modes, &ModeBar::chosen, this, &MainWindow::showPage);
    connect(m_opener, &ProjectOpener::opened, this, &MainWindow::adopt);
    connect(m_opener, &ProjectOpener::failed, this, [this](const Error &error, const QString &folder) {
        const QString message = QString::fromStdString(error.message);
        if (DatabaseRescue::fits(error, folder))
            m_rescue->offer(folder, message);
        else
            m_context->showError(message, {}, {{tr("Try again"), [this, folder] { openProject(folder); }}});
        Q_EMIT projectFailed(message);
    });
    connect(m_status, &StatusLine::annotatorClicked, this, &MainWindow::askWhoLabels);
    connect(m_status, &StatusLine::jobsClicked, m_docks, &WindowDocks::showJobs);
    connect(m_status, &StatusLine::readOnlyClicked, this, &MainWindow::openAgain);
    connect(m_status, &StatusLine::retryClicked, this, [this] {
        if (m_session)
            m_session->retrySave();
    });
    connect(m_status, &StatusLine::placeClicked, this, &MainWindow::askForPlace);
    connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });

    // Smaller, the keys under the face would lie upon each other; a small screen still gets the whole window.
    setMinimumSize(kLeastSize.boundedTo(screen()->availableSize()));
    resize(fontMetrics().averageCharWidth() * 170, fontMetrics().height() * 46);
    restoreGeometry(settings().value(QStringLiteral("window/geometry")).toByteArray());
    showPage(QStringLiteral("start"));
}

MainWindow::~MainWindow()
{
    // Pages hold on to the session; they go first.
    m_pages->clear();
    delete m_docks;
}

void MainWindow::makeCentre()
{
    auto *centre = new QWidget;
    auto *row = new QHBoxLayout(centre);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(m_modes);
    auto *column = new QVBoxLayout;
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto *errorFrame = new QVBoxLayout;
    errorFrame->setContentsMargins(Theme::space(8), 0, Theme::space(8), 0);
    errorFrame->addWidget(m_errors);
    column->addLayout(errorFrame);
    column->addWidget(m_pages, 1);
    row->addLayout(column, 1);
    setCentralWidget(centre);
}

Studio &MainWindow::studio()
{
    return *m_context;
}

Page *MainWindow::page(const QString &id) const
{
    return m_pages->page(id);
}

QString MainWindow::currentPage() const
{
    return m_pages->current();
}

QStringList MainWindow::pageIds() const
{
    return m_pages->available();
}

bool MainWindow::isOpening() const
{
    return m_opener->isBusy();
}

bool MainWindow::isSettled() const
{
    const Page *shown = page(currentPage());
    return !isOpening() && shown && shown->isSettled();
}

void MainWindow::showPage(const QString &id)
{
    const PageEntry *entry = PageStack::entry(id);
    if (!entry)
        return;
    if (entry->needsProject && !m_session) {
        m_pageAfterOpening = id;
        return;
    }
    const QString before = currentPage();
    if (before != id)
        m_docks->storeLayout(before);
    Page &page = m_pages->showPage(id);
    m_modes->setCurrent(id);
    m_actions->setScope(id);
    if (before != id)
        m_docks->restoreLayout(id);
    page.setFocus();
    page.entered();
    focusFirstOf(page);
    m_keeper->keep();
}

void MainWindow::saveSession()
{
    settings().setValue(QStringLiteral("window/geometry"), saveGeometry());
    m_docks->storeLayout(currentPage());
    if (m_session) {
        m_pages->storeStates();
        settings().beginGroup(settingsGroupOf(m_session->folder()));
        settings().setValue(QStringLiteral("lastPage"), currentPage());
        settings().endGroup();
        settings().setValue(QStringLiteral("lastProject"), m_session->folder());
    }
    settings().sync();
}

void MainWindow::openProject(const QString &folder)
{
    m_opener->open(folder);
}

void MainWindow::makeProject(const QString &folder, const QStringList &sources)
{
    m_opener->make(folder, sources);
}

void MainWindow::openPaths(const QStringList &paths)
{
    m_opener->openPaths(paths);
}

void MainWindow::adopt(std::shared_ptr<ProjectSession::Opened> opened, const QString &folder)
{
    closeProject();
    m_session = std::make_unique<ProjectSession>(std::move(opened));
    follow(*m_session);
    m_docks->jobs().setQueue(&m_session->jobs());
    m_status->setSession(m_session.get());
    m_status->setQueue(&m_session->jobs());
    setWindowTitle(tr("%1 — Mien").arg(m_session->name()));
    setWindowFilePath(folder);
    warnAbout(*m_session);
    m_modes->setProjectOpen(true);
    m_pages->setSession(m_session.get());
    Q_EMIT m_context->sessionChanged(m_session.get());
    m_verbs->refresh();
    refreshRecent();
    for (ProjectSession::Change &change : std::exchange(m_carried, {}))
        m_session->edit(std::move(change));
    showFirstPage();
    m_context->announce(tr("%1 is open.").arg(m_session->name()));
    offerRecovery();
    if (const QStringList sources = m_opener->takeSources(); !sources.isEmpty())
        QTimer::singleShot(0, m_context.get(), [this, sources] { m_context->importPaths(sources); });
    Q_EMIT projectOpened();
}

void MainWindow::follow(ProjectSession &session)
{
    connect(&session, &ProjectSession::savedStateChanged, this, &MainWindow::tellNotSaved);
    connect(&session, &ProjectSession::holderChanged, this, &MainWindow::tellReadOnly);
    connect(&session, &ProjectSession::undoChanged, m_verbs, &WindowActions::refresh);
    connect(&session, &ProjectSession::dataChanged, m_verbs, &WindowActions::refresh);
    connect(&session, &ProjectSession::dataChanged, this, &MainWindow::refreshRecent);
    connect(&session, &ProjectSession::edited, this, [this](const Edit &edit, bool withdrawn) {
        const QString name = QString::fromStdString(edit.name);
        m_context->announce(withdrawn ? tr("Undone: %1").arg(name) : tr("Redone: %1").arg(name));
    });
    connect(&session, &ProjectSession::damaged, this,
            [this, folder = session.folder()](const QString &what) { m_rescue->offer(folder, what); });
    connect(&session.jobs(), &JobQueue::finished, this, &MainWindow::tellJobEnd);
}

void MainWindow::warnAbout(const ProjectSession &session)
{
    if (!session.isWritable())
        tellReadOnly();
    if (!session.storageWarning().isEmpty())
        m_context->showNotice(session.storageWarning());
}

void MainWindow::tellReadOnly()
{
    if (!m_readOnly.isEmpty())
        m_errors->withdraw(m_readOnly);
    m_readOnly = m_session->readOnlyReason();
    m_context->showNotice(
        m_readOnly, {{m_session->isLeaseFree() ? tr("Open for writing") : tr("Open again"), [this] { openAgain(); }}});
    m_verbs->refresh();
}

void MainWindow::openAgain()
{
    if (!m_session)
        return;
    const QString folder = m_session->folder(), page = currentPage();
    closeProject();
    showPage(page); // After opening: the one that was in front.
    openProject(folder);
}

void MainWindow::tellJobEnd(const QString &id)
{
    const JobInfo *known = m_session ? m_session->jobs().job(id) : nullptr;
    if (!known)
        return;
    const JobInfo job = *known; // who hears of a change may start another job, which moves them all
    m_session->checkForChanges();
    if (job.state == JobState::Failed) {
        const QPointer session(m_session.get());
        std::vector<Studio::Remedy> remedies;
        if (job.canGoOnWithoutItem()) {
            remedies.push_back({tr("Go on without it"), [session, id] {
                                    if (session)
                                        session->jobs().retryWithoutItem(id);
                                }});
        }
        remedies.push_back({tr("Retry"), [session, id] {
                                if (session)
                                    session->jobs().retry(id);
                            }});
        remedies.push_back({tr("Show jobs"), [this] { m_context->showJobs(); }});
        m_context->showError(tr("%1 failed: %2").arg(job.title, job.error), job.folder, std::move(remedies));
    } else if (job.state != JobState::Cancelled && !job.isThumbnails()) { // nobody asked for those
        m_context->announce(tr("Done: %1").arg(job.title));
    }
}

void MainWindow::tellNotSaved()
{
    if (!m_session || m_session->savedState() == ProjectSession::SavedState::Saving)
        return;
    if (!m_notSaved.isEmpty())
        m_errors->withdraw(std::exchange(m_notSaved, {}));
    if (m_session->savedState() != ProjectSession::SavedState::NotSaved)
        return;
    m_notSaved = m_session->isDiskFull()
                     ? tr("Not saved: the disk of %1 is full. What you changed is kept in this window; free some space "
                          "and retry, or go on in another place.")
                           .arg(m_session->folder())
                     : tr("Not saved: %1 What you changed is kept in this window.").arg(m_session->saveError());
    m_context->showError(m_notSaved, m_session->saveError(),
                         {{tr("Retry"),
                           [session = QPointer(m_session.get())] {
                               if (session)
                                   session->retrySave();
                           }},
                          {tr("Choose place"), [this] { askForPlace(); }}});
}

void MainWindow::offerRecovery()
{
    const QString folder = m_session->folder();
    if (!m_session->isWritable() || remembersNothing())
        return; // The window that writes is alive, or asks itself; and a run of its own asks nobody.
    const auto state = SessionKeeper::leftOver(folder);
    m_keeper->begin(folder);
    m_keeper->keep();
    if (!state)
        return;
    if (PageStack::entry(state->page))
        showPage(state->page); // what is behind the question is what it is about
    auto *dialog = new RecoveryDialog(*state, m_session->jobs().jobs(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &RecoveryDialog::restoreChosen, this, [this, state, folder] {
        restore(*state);
        SessionKeeper::forget(folder);
    });
    connect(dialog, &RecoveryDialog::withoutChosen, this, [folder] { SessionKeeper::forget(folder); });
    connect(dialog, &RecoveryDialog::folderChosen, this,
            [folder] { QDesktopServices::openUrl(QUrl::fromLocalFile(folder)); });
    dialog->open();
}

void MainWindow::restore(const WindowState &state)
{
    for (auto it = state.pages.begin(); it != state.pages.end(); ++it)
        m_pages->restoreState(it.key(), *it);
    if (PageStack::entry(state.page))
        showPage(state.page);
}

void MainWindow::askForPlace()
{
    if (!m_session)
        return;
    auto *dialog = new QFileDialog(this, tr("Another place for %1").arg(m_session->name()), QDir::homePath());
    dialog->setObjectName(QStringLiteral("placeDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(QDir(m_session->folder()).dirName());
    dialog->setLabelText(QFileDialog::Accept, tr("Go on there"));
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::moveTo);
    dialog->open();
}

void MainWindow::moveTo(const QString &folder)
{
    if (!m_session)
        return;
    m_context->announce(tr("Copying the project to %1…").arg(folder));
    m_mover->start([from = m_session->folder().toStdString(),
                    to = folder.toStdString()](const Job &job) { return copyProject(from, to, job); },
                   [this, folder, session = QPointer(m_session.get())](const Result<> &copied) {
                       if (!copied) {
                           m_context->showError(QString::fromStdString(copied.error().message), {},
                                                {{tr("Choose another place"), [this] { askForPlace(); }}});
                       } else if (session && session == m_session.get()) {
                           m_carried = session->unsaved();
                           openProject(folder);
                       }
                   });
}

void MainWindow::showFirstPage()
{
    settings().beginGroup(settingsGroupOf(m_session->folder()));
    QString first = settings().value(QStringLiteral("lastPage")).toString();
    settings().endGroup();
    if (m_opener->takeIsNew())
        first = QStringLiteral("import"); // The next step with an empty project.
    if (!m_pageAfterOpening.isEmpty())
        first = std::exchange(m_pageAfterOpening, {});
    if (!PageStack::entry(first) || first == QStringLiteral("start"))
        first = QStringLiteral("gallery");
    showPage(first);
}

void MainWindow::closeProject()
{
    if (!m_session)
        return;
    saveSession();
    m_keeper->end();
    m_recent->stop();
    m_docks->jobs().setQueue(m_programJobs);
    m_status->setQueue(m_programJobs);
    m_status->setSession(nullptr);
    m_pages->setSession(nullptr);
    m_modes->setProjectOpen(false);
    m_context->setCurrentSample({});
    m_context->setSelection({});
    Q_EMIT m_context->sessionChanged(nullptr);
    m_session.reset();
    m_errors->clear();
    m_notSaved.clear();
    m_readOnly.clear();
    m_unread->forget();
    setWindowTitle(QStringLiteral("Mien"));
    setWindowFilePath({});
    m_verbs->refresh();
    showPage(QStringLiteral("start"));
}

void MainWindow::refreshRecent()
{
    if (!m_session)
        return;
    RecentProject project;
    project.folder = m_session->folder();
    project.name = m_session->name();
    project.openedAt = QDateTime::currentDateTime();
    using Counts = std::pair<std::int64_t, std::int64_t>;
    m_recent->start(
        [readers = m_session->readers()](const Job &) {
            return readers->with([](const Project &reader) -> Result<Counts> {
                auto samples = countMatching(reader, "");
                if (!samples)
                    return fail(samples.error());
                return Counts(*samples, flagCounts(reader).open);
            });
        },
        [this, project](const Result<Counts> &counts) mutable {
            if (!counts || !m_session)
                return;
            project.samples = counts->first;
            project.flagged = counts->second;
            const PageEntry *entry = PageStack::entry(currentPage());
            project.page = entry && entry->needsProject ? entry->title : QString();
            rememberProject(project);
        });
}

void MainWindow::askWhoLabels()
{
    if (!m_session)
        return;
    auto *dialog = new AnnotatorDialog(this, m_session->annotator());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        if (m_session)
            m_session->setAnnotator(dialog->name());
    });
    dialog->open();
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    if (!m_closing && askBeforeClosing()) {
        event->ignore();
        return;
    }
    saveSession();
    m_keeper->end();
    event->accept();
}

void MainWindow::closeWithoutAsking()
{
    m_closing = true;
    close();
}

bool MainWindow::askBeforeClosing()
{
    const int jobs = m_context->jobs().ownActiveCount();
    const bool unsaved = m_session && m_session->savedState() == ProjectSession::SavedState::NotSaved;
    if (jobs == 0 && !unsaved)
        return false;
    if (findChild<QMessageBox *>(QStringLiteral("closeWithJobs")) ||
        findChild<QMessageBox *>(QStringLiteral("closeUnsaved")))
        return true;
    auto *box = new QMessageBox(this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    const auto button = [box](const QString &text, QMessageBox::ButtonRole role, const char *name) {
        QPushButton *made = box->addButton(text, role);
        made->setObjectName(QLatin1String(name));
        return made;
    };
    const auto closeNow = [this] { QTimer::singleShot(0, this, &MainWindow::closeWithoutAsking); };
    if (unsaved) {
        box->setObjectName(QStringLiteral("closeUnsaved"));
        box->setWindowTitle(tr("Not saved"));
        box->setText(tr("%Ln change(s) are not saved: %1", nullptr, int(m_session->unsaved().size()))
                         .arg(m_session->saveError()));
        box->setInformativeText(tr("Closed now, they are lost. What was shown as saved is safe."));
        QPushButton *retry = button(tr("Retry"), QMessageBox::AcceptRole, "closeRetry");
        QPushButton *without = button(tr("Close without them"), QMessageBox::DestructiveRole, "closeWithout");
        box->setEscapeButton(button(tr("Do not close"), QMessageBox::RejectRole, "stayOpen"));
        box->setDefaultButton(retry);
        connect(retry, &QPushButton::clicked, m_session.get(), &ProjectSession::retrySave);
        connect(without, &QPushButton::clicked, this, closeNow);
    } else {
        box->setObjectName(QStringLiteral("closeWithJobs"));
        box->setWindowTitle(tr("A job is running"));
        box->setText(tr("%Ln job(s) are running.", nullptr, jobs));
        box->setInformativeText(tr("They can go on without this window; it finds them again when it is opened next."));
        QPushButton *keep = button(tr("Keep running"), QMessageBox::AcceptRole, "keepRunning");
        QPushButton *stop = button(tr("Stop and close"), QMessageBox::DestructiveRole, "stopJobs");
        box->setEscapeButton(button(tr("Do not close"), QMessageBox::RejectRole, "stayOpen"));
        box->setDefaultButton(keep);
        connect(keep, &QPushButton::clicked, this, closeNow);
        connect(stop, &QPushButton::clicked, this, [this, closeNow] {
            m_context->jobs().stopAll();
            closeNow();
        });
    }
    box->open();
    return true;
}

void MainWindow::dragEnterEvent(QDragEnterEvent *event)
{
    if (event->mimeData()->hasUrls())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent *event)
{
    QStringList paths;
    for (const QUrl &url : event->mimeData()->urls()) {
        if (url.isLocalFile())
            paths << url.toLocalFile();
    }
    if (paths.isEmpty())
        return;
    event->acceptProposedAction();
    Page *shown = page(currentPage());
    if (!shown || !shown->dropped(paths))
        openPaths(paths);
}

void MainWindow::changeEvent(QEvent *event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::WindowTitleChange)
        setAccessibleName(windowTitle());
}

} // namespace mien
