#include "studio/app/window_actions.h"

#include "studio/app/imports_and_runs_dialog.h"
#include "studio/app/main_window.h"
#include "studio/app/mode_bar.h"
#include "studio/app/page_list.h"
#include "studio/app/project_opener.h"
#include "studio/app/window_docks.h"
#include "studio/common/action_registry.h"
#include "studio/common/command_palette.h"
#include "studio/common/key_sheet.h"
#include "studio/common/settings.h"
#include "studio/common/theme.h"

#include <QAction>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>

namespace mien {

namespace {

ActionSpec spec(const char *id, const QString &text, const char *icon, const char *menu, const QString &help,
                QList<QKeySequence> keys = {})
{
    ActionSpec made;
    made.id = QLatin1String(id);
    made.text = text;
    made.icon = QLatin1String(icon);
    made.menu = QLatin1String(menu);
    made.help = help;
    made.keys = std::move(keys);
    return made;
}

void showAbout(QWidget *parent)
{
    auto *box = new QMessageBox(
        QMessageBox::NoIcon, WindowActions::tr("About Mien"),
        QStringLiteral("<h3>%1</h3>").arg(WindowActions::tr("Mien %1").arg(QStringLiteral(MIEN_VERSION))),
        QMessageBox::Close, parent);
    box->setObjectName(QStringLiteral("aboutBox"));
    box->setIconPixmap(QIcon(QStringLiteral(":/mien/icons/mien.svg"))
                           .pixmap(QSize(1, 1) * Theme::space(24) * 3, parent->devicePixelRatioF()));
    box->setInformativeText(WindowActions::tr("Curating and labelling facial-expression and drowsiness data sets.\n\n"
                                              "Apache License 2.0. Uses Qt %1 under the LGPL, SQLite, libjpeg-turbo.\n"
                                              "Nothing leaves this computer.")
                                .arg(QString::fromLatin1(qVersion())));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->button(QMessageBox::Close)->setObjectName(QStringLiteral("aboutClose"));
    box->open();
}

/// What the control with the focus says of itself.
QString explanation(const QWidget *focus)
{
    if (focus) {
        for (const QString &text :
             {focus->whatsThis(), focus->toolTip(), focus->accessibleDescription(), focus->accessibleName()}) {
            if (!text.isEmpty())
                return text;
        }
    }
    return WindowActions::tr("Press ? for all keys, Ctrl+Shift+P for all verbs.");
}

} // namespace

WindowActions::WindowActions(MainWindow &window, ProjectOpener &opener, WindowDocks &docks, ModeBar &modes)
    : QObject(&window)
    , m_window(window)
    , m_actions(window.actions())
    , m_opener(opener)
    , m_docks(docks)
    , m_modes(modes)
{
    addFile();
    addEdit();
    addView();
    addHelp();
    refresh();
}

void WindowActions::addFile()
{
    m_actions.add(
        spec("file.open", tr("&Open project…"), "folder", "file", tr("Opens a project folder."), {QKeySequence::Open}),
        this, [this] { m_opener.askForProject(); });
    m_actions.add(spec("file.new", tr("&New project…"), "plus", "file", tr("Makes an empty project folder."),
                       {QKeySequence::New}),
                  this, [this] { m_opener.askForNewProject(tr("MyStudy"), {}); });
    m_actions.add(spec("file.importsAndRuns", tr("&Imports and runs…"), "delete", "file",
                       tr("What jobs brought into the project: remove it, or bring it back from the bin.")),
                  this, [this] {
                      if (ProjectSession *session = m_window.session()) {
                          auto *dialog = new ImportsAndRunsDialog(*session, &m_window);
                          dialog->setAttribute(Qt::WA_DeleteOnClose);
                          dialog->open();
                      }
                  });
    m_actions.add(spec("file.close", tr("&Close project"), "close", "file", tr("Goes back to the start page."),
                       {QKeySequence::Close}),
                  this, [this] { m_window.closeProject(); });
    m_actions.add(spec("file.quit", tr("&Quit"), "", "file", tr("Closes the window; running jobs may go on."),
                       {QKeySequence(Qt::CTRL | Qt::Key_Q)}),
                  this, [this] { m_window.close(); });
}

void WindowActions::addEdit()
{
    ActionSpec undo =
        spec("edit.undo", tr("&Undo"), "undo", "edit",
             tr("Takes back the newest edit; also those of earlier sessions."), {QKeySequence(Qt::CTRL | Qt::Key_Z)});
    undo.autoRepeat = true;
    m_actions.add(undo, this, [this] {
        if (ProjectSession *session = m_window.session())
            session->undo();
    });
    ActionSpec redo = spec("edit.redo", tr("&Redo"), "redo", "edit", tr("Brings back what Undo took."),
                           {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z), QKeySequence(Qt::CTRL | Qt::Key_Y)});
    redo.autoRepeat = true;
    m_actions.add(redo, this, [this] {
        if (ProjectSession *session = m_window.session())
            session->redo();
    });
    m_actions.add(spec("edit.annotator", tr("&Annotator…"), "person", "edit", tr("Says who labels from now on.")), this,
                  [this] { m_window.askWhoLabels(); });
}

void WindowActions::addTheme(const char *id, const QString &text, ThemeMode mode)
{
    ActionSpec theme = spec(id, text, "theme", "view", tr("Switches at once."));
    theme.checkable = true;
    QAction *action = m_actions.add(theme, this, [mode](bool) {
        Theme::instance().setMode(mode);
        settings().setValue(QStringLiteral("theme"), int(mode));
    });
    action->setChecked(Theme::instance().mode() == mode);
    connect(&Theme::instance(), &Theme::changed, action,
            [action, mode] { action->setChecked(Theme::instance().mode() == mode); });
}

void WindowActions::addView()
{
    addTheme("view.theme.system", tr("Colours as the &system"), ThemeMode::System);
    addTheme("view.theme.light", tr("&Light colours"), ThemeMode::Light);
    addTheme("view.theme.dark", tr("&Dark colours"), ThemeMode::Dark);
    m_actions.add(spec("view.inspector", tr("&Inspector"), "inspector", "view",
                       tr("Everything that is known about one face."), {QKeySequence(Qt::CTRL | Qt::Key_I)}),
                  this, [this] { m_docks.toggleInspector(); });
    m_actions.add(spec("view.jobs", tr("&Jobs"), "jobs", "view", tr("What runs, what waits, what failed."),
                       {QKeySequence(Qt::CTRL | Qt::Key_J)}),
                  this, [this] { m_docks.toggleJobs(); });
    m_actions.add(spec("view.modeBar", tr("&Mode bar"), "", "view", tr("Shows or hides the bar with the modes.")), this,
                  [this] { m_modes.setShown(!m_modes.isVisible()); });
    m_actions.add(spec("view.resetLayout", tr("&Reset layout"), "", "view",
                       tr("Docks as they were in the beginning, in every mode.")),
                  this, [this] {
                      m_docks.resetLayouts();
                      m_modes.setShown(true);
                  });
    m_actions.add(spec("view.fullScreen", tr("&Full screen"), "", "view",
                       tr("The window over the whole screen, without its frame."), {QKeySequence(Qt::Key_F11)}),
                  this, [this] { m_window.setWindowState(m_window.windowState() ^ Qt::WindowFullScreen); });
}

void WindowActions::addHelp()
{
    m_actions.add(spec("help.palette", tr("&Commands…"), "palette", "help", tr("Find any verb by typing."),
                       {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_P)}),
                  this, [this] {
                      auto *palette = new CommandPalette(m_actions, &m_window);
                      palette->setAttribute(Qt::WA_DeleteOnClose);
                      palette->open();
                  });
    m_actions.add(spec("help.keys", tr("&Keys…"), "keyboard", "help", tr("All keys; change and print them."),
                       {QKeySequence(QStringLiteral("?"))}),
                  this, [this] {
                      QList<std::pair<QString, QString>> places;
                      for (const PageEntry &entry : pageEntries())
                          places.append({entry.id, entry.title});
                      auto *sheet = new KeySheet(m_actions, places, &m_window);
                      sheet->setAttribute(Qt::WA_DeleteOnClose);
                      sheet->open();
                  });
    m_actions.add(spec("help.focus", tr("&What is this?"), "help", "help",
                       tr("Explains the control that has the focus."), {QKeySequence(Qt::Key_F1)}),
                  this, [this] { m_window.studio().announce(explanation(m_window.focusWidget())); });
    m_actions.add(spec("help.about", tr("&About Mien"), "info", "help", tr("Version and licence.")), this,
                  [this] { showAbout(&m_window); });
}

void WindowActions::setMove(const char *id, const QString &verb, const std::optional<Edit> &edit, const QString &none)
{
    QString reason = none;
    if (edit)
        reason = m_window.session()->isWritable() ? QString() : m_window.session()->readOnlyReason();
    m_actions.setDisabledReason(QLatin1String(id), reason);
    m_actions.action(QLatin1String(id))
        ->setText(edit ? tr("%1: %2").arg(verb, QString::fromStdString(edit->name)) : verb);
}

void WindowActions::refresh()
{
    const ProjectSession *session = m_window.session();
    setMove("edit.undo", tr("&Undo"), session ? session->nextUndo() : std::nullopt, tr("There is nothing to undo."));
    setMove("edit.redo", tr("&Redo"), session ? session->nextRedo() : std::nullopt, tr("There is nothing to redo."));
    const QString needsProject = session ? QString() : tr("Open a project first.");
    m_actions.setDisabledReason(QStringLiteral("file.close"), needsProject);
    m_actions.setDisabledReason(QStringLiteral("file.importsAndRuns"), needsProject);
    m_actions.setDisabledReason(QStringLiteral("edit.annotator"), needsProject);
}

} // namespace mien
