#include "studio/app/main_window.h"

#include "studio/app/page_list.h"
#include "studio/common/action_registry.h"
#include "studio/common/annotator_dialog.h"
#include "studio/common/background.h"
#include "studio/common/command_palette.h"
#include "studio/common/error_bar.h"
#include "studio/common/icons.h"
#include "studio/common/inspector.h"
#include "studio/common/job_queue.h"
#include "studio/common/jobs_view.h"
#include "studio/common/key_sheet.h"
#include "studio/common/recent_projects.h"
#include "studio/common/settings.h"
#include "studio/common/theme.h"

#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"

#include <QAccessible>
#include <QAction>
#include <QButtonGroup>
#include <QCloseEvent>
#include <QDir>
#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QProgressBar>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>
#include <QStandardPaths>
#include <QStatusBar>
#include <QTabBar>
#include <QThread>
#include <QTimer>
#include <QToolButton>

#include <algorithm>

namespace mien {

/// What pages see of the window.
class MainWindow::Context : public Studio
{
public:
    explicit Context(MainWindow &owner) : m_owner(owner) {}

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
    void showJobs() override
    {
        m_owner.m_jobsDock->show();
        m_owner.m_jobsDock->raise();
    }
    void showInspector() override
    {
        m_owner.m_inspectorDock->show();
        m_owner.m_inspectorDock->raise();
    }
    void showError(const QString &message, const QString &details = {}, std::vector<Remedy> remedies = {}) override
    {
        m_owner.m_errors->show(message, details, std::move(remedies));
        say(message);
    }
    void announce(const QString &text) override
    {
        m_owner.m_message->setText(text);
        QTimer::singleShot(8000, m_owner.m_message, [label = m_owner.m_message, text] {
            if (label->text() == text)
                label->clear();
        });
        say(text);
    }

private:
    void say(const QString &text)
    {
        m_owner.m_message->setAccessibleName(text);
        QAccessibleEvent event(m_owner.m_message, QAccessible::NameChanged);
        QAccessible::updateAccessibility(&event);
    }

    MainWindow &m_owner;
};

MainWindow::MainWindow(QWidget *parent)
    : QMainWindow(parent), m_actions(new ActionRegistry(this, &settings())), m_context(std::make_unique<Context>(*this)),
      m_opener(new Background(this)), m_recent(new Background(this))
{
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(QStringLiteral("Mien"));
    setWindowIcon(QIcon(QStringLiteral(":/mien/icons/mien.svg")));
    setAcceptDrops(true);
    setDockNestingEnabled(false);
    const QString dataFolder = QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation);
    m_programJobs = new JobQueue(QDir(dataFolder).filePath(QStringLiteral("mien/jobs")), this);

    m_modeBar = new QWidget;
    m_errors = new ErrorBar;
    m_stack = new QStackedWidget;
    auto *centre = new QWidget;
    auto *row = new QHBoxLayout(centre);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(m_modeBar);
    auto *column = new QVBoxLayout;
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto *errorFrame = new QVBoxLayout;
    errorFrame->setContentsMargins(Theme::space(8), 0, Theme::space(8), 0);
    errorFrame->addWidget(m_errors);
    column->addLayout(errorFrame);
    column->addWidget(m_stack, 1);
    row->addLayout(column, 1);
    setCentralWidget(centre);

    m_inspector = new Inspector(*m_context);
    m_inspectorDock = new QDockWidget(tr("Inspector"));
    m_inspectorDock->setObjectName(QStringLiteral("inspectorDock"));
    m_inspectorDock->setWidget(m_inspector);
    m_inspectorDock->setFeatures(QDockWidget::DockWidgetClosable | QDockWidget::DockWidgetMovable);
    addDockWidget(Qt::RightDockWidgetArea, m_inspectorDock);
    m_inspectorDock->hide();
    m_jobsView = new JobsView(*m_context);
    m_jobsDock = new QDockWidget(tr("Jobs"));
    m_jobsDock->setObjectName(QStringLiteral("jobsDock"));
    m_jobsDock->setWidget(m_jobsView);
    m_jobsDock->setFeatures(QDockWidget::DockWidgetClosable | QDockWidget::DockWidgetMovable);
    addDockWidget(Qt::RightDockWidgetArea, m_jobsDock);
    tabifyDockWidget(m_inspectorDock, m_jobsDock);
    m_jobsDock->hide();
    // Qt makes the tabs of docks that share a place when they are first shown together.
    const auto nameTabs = [this] {
        for (QTabBar *tabs : findChildren<QTabBar *>(QString(), Qt::FindDirectChildrenOnly)) {
            tabs->setObjectName(QStringLiteral("dockTabs"));
            tabs->setAccessibleName(tr("Docks at the right"));
        }
    };
    connect(m_inspectorDock, &QDockWidget::visibilityChanged, this, nameTabs);
    connect(m_jobsDock, &QDockWidget::visibilityChanged, this, nameTabs);

    makeActions();
    makeModeBar();
    makeStatusBar();
    makeMenus();
    m_jobsView->setQueue(m_programJobs);
    connect(m_programJobs, &JobQueue::changed, this, &MainWindow::refreshJobs);
    connect(m_programJobs, &JobQueue::added, this, &MainWindow::refreshJobs);
    connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });

    resize(fontMetrics().averageCharWidth() * 170, fontMetrics().height() * 46);
    restoreGeometry(settings().value(QStringLiteral("window/geometry")).toByteArray());
    showPage(QStringLiteral("start"));
    refreshUndo();
    refreshJobs();
}

MainWindow::~MainWindow()
{
    // Pages hold on to the session; they go first.
    for (Made &made : m_pages)
        delete std::exchange(made.page, nullptr);
    m_jobsView->setQueue(nullptr);
    delete m_inspectorDock;
}

Studio &MainWindow::studio()
{
    return *m_context;
}

MainWindow::Made *MainWindow::find(const QString &id)
{
    const auto at = std::find_if(m_pages.begin(), m_pages.end(), [&](const Made &made) { return made.entry->id == id; });
    return at == m_pages.end() ? nullptr : &*at;
}

Page *MainWindow::page(const QString &id) const
{
    const Made *made = const_cast<MainWindow *>(this)->find(id);
    return made ? made->page : nullptr;
}

QString MainWindow::currentPage() const
{
    return m_current;
}

QStringList MainWindow::pageIds() const
{
    QStringList ids;
    for (const Made &made : m_pages) {
        if (m_session || !made.entry->needsProject)
            ids << made.entry->id;
    }
    return ids;
}

bool MainWindow::isOpening() const
{
    return !m_opening.isEmpty();
}

bool MainWindow::isSettled() const
{
    const Page *shown = page(m_current);
    return !isOpening() && shown && shown->isSettled();
}

void MainWindow::makeModeBar()
{
    m_modeBar->setObjectName(QStringLiteral("modeBar"));
    m_modeBar->setAttribute(Qt::WA_StyledBackground);
    m_modes = new QButtonGroup(this);
    auto *layout = new QVBoxLayout(m_modeBar);
    layout->setContentsMargins(Theme::space(4), Theme::space(8), Theme::space(4), Theme::space(8));
    layout->setSpacing(Theme::space(4));
    int number = 0;
    for (const PageEntry &entry : pageEntries()) {
        auto *button = new QToolButton;
        button->setObjectName(QStringLiteral("mode.") + entry.id);
        button->setAccessibleName(tr("Mode %1").arg(entry.title));
        button->setText(entry.title);
        button->setIcon(icon(entry.icon));
        button->setIconSize({Theme::space(24), Theme::space(24)});
        button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
        button->setCheckable(true);
        button->setAutoRaise(true);
        button->setFont(Theme::instance().font(Theme::Type::Secondary));
        button->setFixedWidth(Theme::space(24) * 3 - Theme::space(4));
        button->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
        m_modes->addButton(button);
        layout->addWidget(button);
        m_pages.push_back({&entry, nullptr, button});
        connect(button, &QToolButton::clicked, this, [this, id = entry.id] { showPage(id); });

        ActionSpec spec;
        spec.id = QStringLiteral("go.") + entry.id;
        spec.text = entry.title;
        spec.icon = entry.icon;
        spec.menu = QStringLiteral("go");
        spec.help = tr("Shows the mode %1.").arg(entry.title);
        // Start has Ctrl+0, so that Ctrl+1…8 are the working modes.
        spec.keys = {QKeySequence(Qt::CTRL | Qt::Key(Qt::Key_0 + number++))};
        QAction *action = m_actions->add(spec, this, [this, id = entry.id] { showPage(id); });
        button->setToolTip(action->toolTip());
        if (entry.needsProject) {
            m_actions->setDisabledReason(spec.id, tr("Open a project first."));
            button->hide();
        }
    }
    layout->addStretch();
    m_modeBar->setVisible(settings().value(QStringLiteral("window/modeBar"), true).toBool());
}

void MainWindow::makeStatusBar()
{
    const auto flat = [this](const char *name, const QString &accessible) {
        auto *button = new QPushButton;
        button->setObjectName(QLatin1String(name));
        button->setAccessibleName(accessible);
        button->setProperty("link", true);
        button->setFlat(true);
        button->setFont(Theme::instance().font(Theme::Type::Secondary));
        statusBar()->addPermanentWidget(button);
        return button;
    };
    m_message = new QLabel;
    m_message->setObjectName(QStringLiteral("statusMessage"));
    m_message->setFont(Theme::instance().font(Theme::Type::Secondary));
    m_message->setContentsMargins(Theme::space(8), 0, 0, 0);
    statusBar()->addWidget(m_message, 1);
    statusBar()->setSizeGripEnabled(false);
    m_saved = flat("statusSaved", tr("Saving"));
    m_annotator = flat("statusAnnotator", tr("Annotator"));
    m_jobsButton = flat("statusJobs", tr("Jobs"));
    m_jobsBar = new QProgressBar;
    m_jobsBar->setObjectName(QStringLiteral("statusJobsBar"));
    m_jobsBar->setAccessibleName(tr("Progress of the running job"));
    m_jobsBar->setTextVisible(false);
    m_jobsBar->setFixedWidth(Theme::space(24) * 4);
    statusBar()->addPermanentWidget(m_jobsBar);
    m_device = new QLabel;
    m_device->setObjectName(QStringLiteral("statusDevice"));
    Theme::setType(m_device, Theme::Type::Secondary);
    m_device->setContentsMargins(0, 0, Theme::space(8), 0);
    statusBar()->addPermanentWidget(m_device);
    connect(m_saved, &QPushButton::clicked, this, [this] {
        if (m_session && m_session->savedState() == ProjectSession::SavedState::NotSaved)
            m_session->retrySave();
    });
    connect(m_annotator, &QPushButton::clicked, this, &MainWindow::askWhoLabels);
    connect(m_jobsButton, &QPushButton::clicked, this, [this] { m_context->showJobs(); });
    m_saved->hide();
    m_annotator->hide();
    m_jobsBar->hide();
    // Asking LibTorch would cost a second; the driver's device file says as much.
    m_device->setText(QFile::exists(QStringLiteral("/dev/nvidia0")) ? tr("GPU") : tr("CPU, %Ln thread(s)", nullptr, QThread::idealThreadCount()));
    m_device->setToolTip(tr("What a training started with “auto” can use."));
}

void MainWindow::makeActions()
{
    const auto add = [this](ActionSpec spec, std::function<void()> run) { return m_actions->add(spec, this, std::move(run)); };

    add({.id = QStringLiteral("file.open"), .text = tr("&Open project…"), .icon = QStringLiteral("folder"),
         .keys = {QKeySequence::Open}, .menu = QStringLiteral("file"), .scope = {}, .help = tr("Opens a project folder.")},
        [this] {
            auto *dialog = new QFileDialog(this, tr("Open a project"));
            dialog->setObjectName(QStringLiteral("openDialog"));
            dialog->setAttribute(Qt::WA_DeleteOnClose);
            dialog->setFileMode(QFileDialog::Directory);
            dialog->setOption(QFileDialog::ShowDirsOnly);
            connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openProject);
            dialog->open();
        });
    add({.id = QStringLiteral("file.new"), .text = tr("&New project…"), .icon = QStringLiteral("plus"),
         .keys = {QKeySequence::New}, .menu = QStringLiteral("file"), .scope = {}, .help = tr("Makes an empty project folder.")},
        [this] { askForNewProject(tr("MyStudy"), {}); });
    add({.id = QStringLiteral("file.close"), .text = tr("&Close project"), .icon = QStringLiteral("close"),
         .keys = {QKeySequence::Close}, .menu = QStringLiteral("file"), .scope = {}, .help = tr("Goes back to the start page.")},
        [this] { closeProject(); });
    add({.id = QStringLiteral("file.quit"), .text = tr("&Quit"), .icon = {}, .keys = {QKeySequence(Qt::CTRL | Qt::Key_Q)},
         .menu = QStringLiteral("file"), .scope = {}, .help = tr("Closes the window; running jobs may go on.")},
        [this] { close(); });
    add({.id = QStringLiteral("edit.undo"), .text = tr("&Undo"), .icon = QStringLiteral("undo"),
         .keys = {QKeySequence(Qt::CTRL | Qt::Key_Z)}, .menu = QStringLiteral("edit"), .scope = {},
         .help = tr("Takes back the newest edit; also those of earlier sessions."), .checkable = false, .autoRepeat = true},
        [this] {
            if (m_session)
                m_session->undo();
        });
    add({.id = QStringLiteral("edit.redo"), .text = tr("&Redo"), .icon = QStringLiteral("redo"),
         .keys = {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z), QKeySequence(Qt::CTRL | Qt::Key_Y)},
         .menu = QStringLiteral("edit"), .scope = {}, .help = tr("Brings back what Undo took."), .checkable = false,
         .autoRepeat = true},
        [this] {
            if (m_session)
                m_session->redo();
        });
    add({.id = QStringLiteral("edit.annotator"), .text = tr("&Annotator…"), .icon = QStringLiteral("person"), .keys = {},
         .menu = QStringLiteral("edit"), .scope = {}, .help = tr("Says who labels from now on.")},
        [this] { askWhoLabels(); });

    const auto theme = [&](const char *id, const QString &text, ThemeMode mode) {
        QAction *action = m_actions->add({.id = QLatin1String(id), .text = text, .icon = QStringLiteral("theme"), .keys = {},
                                          .menu = QStringLiteral("view"), .scope = {}, .help = tr("Switches at once."),
                                          .checkable = true},
                                         this, [mode](bool) {
                                             Theme::instance().setMode(mode);
                                             settings().setValue(QStringLiteral("theme"), int(mode));
                                         });
        action->setChecked(Theme::instance().mode() == mode);
        connect(&Theme::instance(), &Theme::changed, action,
                [action, mode] { action->setChecked(Theme::instance().mode() == mode); });
    };
    theme("view.theme.system", tr("Colours as the &system"), ThemeMode::System);
    theme("view.theme.light", tr("&Light colours"), ThemeMode::Light);
    theme("view.theme.dark", tr("&Dark colours"), ThemeMode::Dark);
    add({.id = QStringLiteral("view.inspector"), .text = tr("&Inspector"), .icon = QStringLiteral("inspector"),
         .keys = {QKeySequence(Qt::CTRL | Qt::Key_I)}, .menu = QStringLiteral("view"), .scope = {},
         .help = tr("Everything that is known about one face.")},
        [this] {
            m_inspectorDock->setVisible(!m_inspectorDock->isVisible());
            if (m_inspectorDock->isVisible())
                m_inspectorDock->raise();
        });
    add({.id = QStringLiteral("view.jobs"), .text = tr("&Jobs"), .icon = QStringLiteral("jobs"),
         .keys = {QKeySequence(Qt::CTRL | Qt::Key_J)}, .menu = QStringLiteral("view"), .scope = {},
         .help = tr("What runs, what waits, what failed.")},
        [this] {
            const bool inFront = m_jobsDock->isVisible() && !m_jobsDock->visibleRegion().isEmpty();
            m_jobsDock->setVisible(!inFront);
            if (!inFront)
                m_jobsDock->raise();
        });
    add({.id = QStringLiteral("view.modeBar"), .text = tr("&Mode bar"), .icon = {}, .keys = {}, .menu = QStringLiteral("view"),
         .scope = {}, .help = tr("Shows or hides the bar with the modes.")},
        [this] {
            m_modeBar->setVisible(!m_modeBar->isVisible());
            settings().setValue(QStringLiteral("window/modeBar"), m_modeBar->isVisible());
        });
    add({.id = QStringLiteral("view.resetLayout"), .text = tr("&Reset layout"), .icon = {}, .keys = {},
         .menu = QStringLiteral("view"), .scope = {}, .help = tr("Docks as they were in the beginning, in every mode.")},
        [this] {
            settings().remove(QStringLiteral("layouts"));
            m_inspectorDock->hide();
            m_jobsDock->hide();
            addDockWidget(Qt::RightDockWidgetArea, m_inspectorDock);
            tabifyDockWidget(m_inspectorDock, m_jobsDock);
            m_modeBar->show();
        });
    add({.id = QStringLiteral("view.fullScreen"), .text = tr("&Full screen"), .icon = {}, .keys = {QKeySequence(Qt::Key_F11)},
         .menu = QStringLiteral("view"), .scope = {}, .help = tr("The page and nothing else.")},
        [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
    add({.id = QStringLiteral("help.palette"), .text = tr("&Commands…"), .icon = QStringLiteral("palette"),
         .keys = {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_P)}, .menu = QStringLiteral("help"), .scope = {},
         .help = tr("Find any verb by typing.")},
        [this] {
            auto *palette = new CommandPalette(*m_actions, this);
            palette->setAttribute(Qt::WA_DeleteOnClose);
            palette->open();
        });
    add({.id = QStringLiteral("help.keys"), .text = tr("&Keys…"), .icon = QStringLiteral("keyboard"),
         .keys = {QKeySequence(QStringLiteral("?"))}, .menu = QStringLiteral("help"), .scope = {},
         .help = tr("All keys; change and print them.")},
        [this] {
            QList<std::pair<QString, QString>> places;
            for (const Made &made : m_pages)
                places.append({made.entry->id, made.entry->title});
            auto *sheet = new KeySheet(*m_actions, places, this);
            sheet->setAttribute(Qt::WA_DeleteOnClose);
            sheet->open();
        });
    add({.id = QStringLiteral("help.focus"), .text = tr("&What is this?"), .icon = QStringLiteral("help"),
         .keys = {QKeySequence(Qt::Key_F1)}, .menu = QStringLiteral("help"), .scope = {},
         .help = tr("Explains the control that has the focus.")},
        [this] {
            const QWidget *focus = focusWidget();
            QString text = focus ? focus->whatsThis() : QString();
            if (text.isEmpty() && focus)
                text = focus->toolTip();
            if (text.isEmpty() && focus)
                text = focus->accessibleDescription();
            if (text.isEmpty())
                text = focus && !focus->accessibleName().isEmpty() ? focus->accessibleName()
                                                                   : tr("Press ? for all keys, Ctrl+Shift+P for all verbs.");
            m_context->announce(text);
        });
    add({.id = QStringLiteral("help.about"), .text = tr("&About Mien"), .icon = QStringLiteral("info"), .keys = {},
         .menu = QStringLiteral("help"), .scope = {}, .help = tr("Version and licence.")},
        [this] {
            auto *box = new QMessageBox(QMessageBox::NoIcon, tr("About Mien"),
                                        tr("Mien %1").arg(QStringLiteral(MIEN_VERSION)), QMessageBox::Close, this);
            box->setObjectName(QStringLiteral("aboutBox"));
            box->setIconPixmap(QIcon(QStringLiteral(":/mien/icons/mien.svg")).pixmap(Theme::space(24) * 3));
            box->setInformativeText(tr("Curating and labelling facial-expression and drowsiness data sets.\n\n"
                                       "Apache License 2.0. Uses Qt %1 under the LGPL, SQLite, libjpeg-turbo.\n"
                                       "Nothing leaves this computer.")
                                        .arg(QString::fromLatin1(qVersion())));
            box->setAttribute(Qt::WA_DeleteOnClose);
            box->button(QMessageBox::Close)->setObjectName(QStringLiteral("aboutClose"));
            box->open();
        });
}

void MainWindow::makeMenus()
{
    struct Place
    {
        const char *id;
        QString title;
    };
    const Place places[] = {{"file", tr("&File")},     {"edit", tr("&Edit")}, {"view", tr("&View")}, {"go", tr("&Go")},
                            {"labels", tr("&Labels")}, {"jobs", tr("&Jobs")}, {"help", tr("&Help")}};
    int number = 0;
    for (const Place &place : places) {
        QMenu *menu = menuBar()->addMenu(place.title);
        menu->setObjectName(QStringLiteral("menu.") + QLatin1String(place.id));
        menu->setToolTipsVisible(true);
        m_menus[number++] = menu;
        connect(menu, &QMenu::aboutToShow, this, [this, menu, id = QString::fromLatin1(place.id)] {
            menu->clear();
            for (const ActionRegistry::Entry &entry : m_actions->entries()) {
                if (entry.spec.menu == id && entry.action->isVisible())
                    menu->addAction(entry.action);
            }
        });
    }
    // A menu without a verb for this page is not offered.
    const auto refresh = [this] {
        for (QMenu *menu : m_menus) {
            const QString id = menu->objectName().mid(5);
            const auto &entries = m_actions->entries();
            menu->menuAction()->setVisible(std::any_of(entries.begin(), entries.end(), [&](const auto &entry) {
                return entry.spec.menu == id && entry.action->isVisible();
            }));
        }
    };
    connect(m_actions, &ActionRegistry::changed, this, refresh);
    refresh();
}

void MainWindow::showPage(const QString &id)
{
    Made *made = find(id);
    if (!made)
        return;
    if (made->entry->needsProject && !m_session) {
        m_pageAfterOpening = id;
        return;
    }
    if (m_current != id) {
        if (Made *before = find(m_current); before && before->page) {
            storePageState(*before);
            storeLayout();
        }
    }
    if (!made->page) {
        made->page = made->entry->make(*m_context);
        m_stack->addWidget(made->page);
        if (m_session) {
            settings().beginGroup(settingsGroupOf(m_session->folder()));
            const QVariantMap state = settings().value(QStringLiteral("page.") + id).toMap();
            settings().endGroup();
            made->page->setSession(m_session.get());
            if (!state.isEmpty())
                made->page->restore(state);
        } else {
            made->page->setSession(nullptr);
        }
    }
    const bool moved = m_current != id;
    m_current = id;
    made->button->setChecked(true);
    m_actions->setScope(id);
    m_stack->setCurrentWidget(made->page);
    if (moved) {
        const QByteArray layout = settings().value(QStringLiteral("layouts/") + id).toByteArray();
        if (layout.isEmpty() || !restoreState(layout)) {
            m_inspectorDock->setVisible(id == QStringLiteral("gallery"));
            m_jobsDock->hide();
        }
    }
    made->page->setFocus();
    made->page->entered();
}

void MainWindow::storePageState(const Made &made)
{
    if (!m_session || !made.page)
        return;
    settings().beginGroup(settingsGroupOf(m_session->folder()));
    settings().setValue(QStringLiteral("page.") + made.entry->id, made.page->state());
    settings().endGroup();
}

void MainWindow::storeLayout()
{
    if (!m_current.isEmpty())
        settings().setValue(QStringLiteral("layouts/") + m_current, saveState());
}

void MainWindow::saveSession()
{
    settings().setValue(QStringLiteral("window/geometry"), saveGeometry());
    storeLayout();
    if (m_session) {
        for (const Made &made : m_pages)
            storePageState(made);
        settings().beginGroup(settingsGroupOf(m_session->folder()));
        settings().setValue(QStringLiteral("lastPage"), m_current);
        settings().endGroup();
        settings().setValue(QStringLiteral("lastProject"), m_session->folder());
    }
    settings().sync();
}

void MainWindow::openProject(const QString &folder)
{
    const QString path = QDir(folder).absolutePath();
    if (m_session && m_session->folder() == path)
        return;
    m_opening = path;
    m_context->announce(tr("Opening %1…").arg(QDir(path).dirName()));
    m_opener->start([path](const Job &) { return ProjectSession::open(path.toStdString()); },
                    [this, path](const Result<std::shared_ptr<ProjectSession::Opened>> &opened) {
                        m_opening.clear();
                        if (opened) {
                            adopt(*opened, path);
                            return;
                        }
                        const QString message = QString::fromStdString(opened.error().message);
                        m_context->showError(message, {}, {{tr("Try again"), [this, path] { openProject(path); }}});
                        Q_EMIT projectFailed(message);
                    });
}

void MainWindow::adopt(std::shared_ptr<ProjectSession::Opened> opened, const QString &folder)
{
    closeProject();
    m_session = std::make_unique<ProjectSession>(std::move(opened));
    ProjectSession *session = m_session.get();
    connect(session, &ProjectSession::savedStateChanged, this, &MainWindow::refreshSaved);
    connect(session, &ProjectSession::undoChanged, this, &MainWindow::refreshUndo);
    connect(session, &ProjectSession::annotatorChanged, this, &MainWindow::refreshSaved);
    connect(session, &ProjectSession::dataChanged, this, &MainWindow::refreshRecent);
    connect(session, &ProjectSession::dataChanged, this, &MainWindow::refreshUndo);
    connect(session, &ProjectSession::edited, this, [this](const Edit &edit, bool withdrawn) {
        const QString name = QString::fromStdString(edit.name);
        m_context->announce(withdrawn ? tr("Undone: %1").arg(name) : tr("Redone: %1").arg(name));
    });
    connect(&session->jobs(), &JobQueue::changed, this, &MainWindow::refreshJobs);
    connect(&session->jobs(), &JobQueue::added, this, &MainWindow::refreshJobs);
    connect(&session->jobs(), &JobQueue::removed, this, &MainWindow::refreshJobs);
    connect(&session->jobs(), &JobQueue::finished, this, [this, session](const QString &id) {
        const JobInfo *job = session->jobs().job(id);
        if (!job)
            return;
        session->checkForChanges();
        if (job->state == JobState::Failed) {
            m_context->showError(tr("%1 failed: %2").arg(job->title, job->error), job->folder,
                                 {{tr("Retry"), [session = QPointer(session), id] {
                                       if (session)
                                           session->jobs().retry(id);
                                   }},
                                  {tr("Show jobs"), [this] { m_context->showJobs(); }}});
        } else if (job->state != JobState::Cancelled) {
            m_context->announce(tr("Done: %1").arg(job->title));
        }
    });
    m_jobsView->setQueue(&session->jobs());
    setWindowTitle(tr("%1 — Mien").arg(session->name()));
    setWindowFilePath(folder);
    if (!session->isWritable()) {
        m_context->showError(session->readOnlyReason(), {},
                             {{tr("Open again"), [this, folder] {
                                   closeProject();
                                   openProject(folder);
                               }}});
    }
    if (!session->networkFileSystem().isEmpty()) {
        m_context->showError(tr("This project lies on a network share (%1). A database in use there can be damaged when two "
                                "computers write to it: keep it on a local disk, and share exports or review packages.")
                                 .arg(session->networkFileSystem()));
    }
    for (const Made &made : m_pages) {
        if (!made.entry->needsProject)
            continue;
        made.button->show();
        m_actions->setDisabledReason(QStringLiteral("go.") + made.entry->id, {});
    }
    for (Made &made : m_pages) {
        if (!made.page)
            continue;
        made.page->setSession(session);
    }
    Q_EMIT m_context->sessionChanged(session);
    refreshSaved();
    refreshUndo();
    refreshJobs();
    refreshRecent();

    settings().beginGroup(settingsGroupOf(folder));
    QString first = settings().value(QStringLiteral("lastPage")).toString();
    settings().endGroup();
    if (!m_pageAfterOpening.isEmpty())
        first = std::exchange(m_pageAfterOpening, {});
    if (!find(first) || first == QStringLiteral("start"))
        first = find(QStringLiteral("gallery")) ? QStringLiteral("gallery") : QStringLiteral("start");
    showPage(first);
    m_context->announce(tr("%1 is open.").arg(session->name()));
    Q_EMIT projectOpened();
}

void MainWindow::closeProject()
{
    if (!m_session)
        return;
    saveSession();
    m_recent->stop();
    m_jobsView->setQueue(m_programJobs);
    for (Made &made : m_pages) {
        if (made.page)
            made.page->setSession(nullptr);
        if (made.entry->needsProject) {
            // A page of a project goes with it: the next project starts with what was kept for that one.
            if (made.page) {
                m_stack->removeWidget(made.page);
                delete std::exchange(made.page, nullptr);
            }
            made.button->hide();
            m_actions->setDisabledReason(QStringLiteral("go.") + made.entry->id, tr("Open a project first."));
        }
    }
    m_context->setCurrentSample({});
    Q_EMIT m_context->sessionChanged(nullptr);
    m_session.reset();
    m_errors->clear();
    setWindowTitle(QStringLiteral("Mien"));
    setWindowFilePath({});
    refreshSaved();
    refreshUndo();
    refreshJobs();
    showPage(QStringLiteral("start"));
}

void MainWindow::openPaths(const QStringList &paths)
{
    QStringList sources;
    for (const QString &path : paths) {
        if (QFileInfo::exists(QDir(path).filePath(QStringLiteral("project.db"))))
            openProject(path);
        else if (QFileInfo::exists(path))
            sources << path;
        else
            m_context->showError(tr("%1 does not exist.").arg(path));
    }
    if (sources.isEmpty())
        return;
    if (!find(QStringLiteral("import"))) {
        m_context->showError(tr("%1 is not a Mien project.").arg(sources.first()));
        return;
    }
    if (isOpening())
        importWhenOpen(sources);
    else if (m_session)
        m_context->importPaths(sources);
    else
        askForNewProject(QFileInfo(sources.first()).completeBaseName(), sources);
}

void MainWindow::refreshSaved()
{
    m_saved->setVisible(m_session != nullptr);
    m_annotator->setVisible(m_session != nullptr);
    if (!m_session)
        return;
    QString text;
    switch (m_session->savedState()) {
    case ProjectSession::SavedState::Saved:
        text = m_session->isWritable()
                   ? tr("Saved ✓ %1").arg(m_session->savedAt().toString(QStringLiteral("HH:mm:ss")))
                   : tr("Read-only");
        m_saved->setToolTip(m_session->isWritable() ? tr("Every change is written at once.") : m_session->readOnlyReason());
        break;
    case ProjectSession::SavedState::Saving: text = tr("Saving…"); break;
    case ProjectSession::SavedState::NotSaved:
        text = tr("Not saved: retry");
        m_saved->setToolTip(m_session->saveError());
        m_context->showError(tr("Not saved: %1").arg(m_session->saveError()), {},
                             {{tr("Retry"), [this] {
                                   if (m_session)
                                       m_session->retrySave();
                               }}});
        break;
    }
    m_saved->setText(text);
    m_saved->setAccessibleName(text);
    const QString who = m_session->annotator().isEmpty() ? tr("Annotator not chosen") : m_session->annotator();
    m_annotator->setText(who);
    m_annotator->setAccessibleName(tr("Annotator: %1").arg(who));
}

void MainWindow::refreshUndo()
{
    const auto set = [this](const QString &id, const QString &verb, const std::optional<Edit> &edit, const QString &none) {
        QString reason = none;
        if (m_session && edit)
            reason = m_session->isWritable() ? QString() : m_session->readOnlyReason();
        m_actions->setDisabledReason(id, reason);
        if (QAction *action = m_actions->action(id))
            action->setText(edit ? tr("%1: %2").arg(verb, QString::fromStdString(edit->name)) : verb);
    };
    const std::optional<Edit> nothing;
    set(QStringLiteral("edit.undo"), tr("&Undo"), m_session ? m_session->nextUndo() : nothing, tr("There is nothing to undo."));
    set(QStringLiteral("edit.redo"), tr("&Redo"), m_session ? m_session->nextRedo() : nothing, tr("There is nothing to redo."));
    const QString needsProject = m_session ? QString() : tr("Open a project first.");
    m_actions->setDisabledReason(QStringLiteral("file.close"), needsProject);
    m_actions->setDisabledReason(QStringLiteral("edit.annotator"), needsProject);
}

void MainWindow::refreshJobs()
{
    const JobQueue &queue = m_context->jobs();
    int waiting = 0;
    const JobInfo *running = nullptr;
    const QList<JobInfo> jobs = queue.jobs();
    for (const JobInfo &job : jobs) {
        waiting += job.state == JobState::Waiting;
        if (job.isActive() && (!running || job.compute))
            running = &job;
    }
    m_jobsBar->setVisible(running != nullptr);
    if (!running) {
        m_jobsButton->setText(waiting > 0 ? tr("%Ln job(s) waiting", nullptr, waiting) : tr("No jobs"));
    } else {
        m_jobsBar->setRange(0, running->total > 0 ? 1000 : 0);
        if (running->total > 0)
            m_jobsBar->setValue(int(1000 * running->done / running->total));
        QString text = tr("%Ln job(s) running", nullptr, queue.activeCount());
        if (running->etaS >= 0)
            text += tr(" · %1 left").arg(durationText(running->etaS));
        m_jobsButton->setText(text);
        m_jobsBar->setToolTip(running->title);
    }
    m_jobsButton->setAccessibleName(m_jobsButton->text());
}

void MainWindow::refreshRecent()
{
    if (!m_session)
        return;
    RecentProject project;
    project.folder = m_session->folder();
    project.name = m_session->name();
    project.openedAt = QDateTime::currentDateTime();
    m_recent->start(
        [readers = m_session->readers()](const Job &) {
            return readers->with([](const Project &reader) -> Result<std::pair<std::int64_t, std::int64_t>> {
                auto samples = countMatching(reader, "");
                if (!samples)
                    return fail(samples.error());
                return std::pair(*samples, flagCounts(reader).open);
            });
        },
        [this, project](const Result<std::pair<std::int64_t, std::int64_t>> &counts) mutable {
            if (!counts || !m_session)
                return;
            project.samples = counts->first;
            project.flagged = counts->second;
            const Made *made = find(m_current);
            project.page = made && made->entry->needsProject ? made->entry->title : QString();
            rememberProject(project);
        });
}

void MainWindow::askForNewProject(const QString &name, const QStringList &sources)
{
    const QDir documents(QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation));
    auto *dialog = new QFileDialog(this, sources.isEmpty() ? tr("New project") : tr("New project for %1").arg(name),
                                   documents.filePath(name + QStringLiteral(".mien")));
    dialog->setObjectName(QStringLiteral("newDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setLabelText(QFileDialog::Accept, tr("Make project"));
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, sources](const QString &folder) { makeProject(folder, sources); });
    dialog->open();
}

void MainWindow::makeProject(const QString &folder, const QStringList &sources)
{
    m_opener->start(
        [folder](const Job &) -> Result<std::string> {
            const auto made = Project::create(folder.toStdString(), QFileInfo(folder).completeBaseName().toStdString());
            if (!made)
                return fail(made.error());
            return folder.toStdString();
        },
        [this, sources](const Result<std::string> &made) {
            if (!made) {
                m_context->showError(QString::fromStdString(made.error().message));
                return;
            }
            openProject(QString::fromStdString(*made));
            importWhenOpen(sources);
        });
}

void MainWindow::importWhenOpen(const QStringList &sources)
{
    if (sources.isEmpty() && find(QStringLiteral("import"))) {
        m_pageAfterOpening = QStringLiteral("import"); // The next step with an empty project.
        return;
    }
    connect(this, &MainWindow::projectOpened, m_context.get(), [this, sources] { m_context->importPaths(sources); },
            Qt::ConnectionType(Qt::QueuedConnection | Qt::SingleShotConnection));
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
    if (!m_closing && m_context->jobs().hasActive()) {
        event->ignore();
        askBeforeClosing();
        return;
    }
    saveSession();
    event->accept();
}

void MainWindow::askBeforeClosing()
{
    if (findChild<QMessageBox *>(QStringLiteral("closeWithJobs")))
        return;
    auto *box = new QMessageBox(QMessageBox::NoIcon, tr("A job is running"),
                                tr("%Ln job(s) are running.", nullptr, m_context->jobs().activeCount()), {}, this);
    box->setObjectName(QStringLiteral("closeWithJobs"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(tr("They can go on without this window; it finds them again when it is opened next."));
    QPushButton *keep = box->addButton(tr("Keep running"), QMessageBox::AcceptRole);
    keep->setObjectName(QStringLiteral("keepRunning"));
    QPushButton *stop = box->addButton(tr("Stop and close"), QMessageBox::DestructiveRole);
    stop->setObjectName(QStringLiteral("stopJobs"));
    QPushButton *stay = box->addButton(tr("Do not close"), QMessageBox::RejectRole);
    stay->setObjectName(QStringLiteral("stayOpen"));
    box->setDefaultButton(keep);
    box->setEscapeButton(stay);
    connect(keep, &QPushButton::clicked, this, [this] {
        m_closing = true;
        QTimer::singleShot(0, this, &QWidget::close);
    });
    connect(stop, &QPushButton::clicked, this, [this] {
        m_context->jobs().stopAll();
        m_closing = true;
        QTimer::singleShot(0, this, &QWidget::close);
    });
    box->open();
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
    Page *shown = page(m_current);
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
