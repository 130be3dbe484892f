#pragma once

#include <QObject>

#include <optional>

namespace mien {

class ActionRegistry;
class MainWindow;
class ModeBar;
class ProjectOpener;
class WindowDocks;
enum class ThemeMode;
struct Edit;

/// The verbs that belong to the window and to no page: project, undo, view, help. Undo and Redo name their edit.
class WindowActions : public QObject
{
    Q_OBJECT

public:
    WindowActions(MainWindow &window, ProjectOpener &opener, WindowDocks &docks, ModeBar &modes);

    void refresh(); ///< After the project or its ledger of edits changed.

private:
    void addFile();
    void addEdit();
    void addView();
    void addTheme(const char *id, const QString &text, ThemeMode mode);
    void addHelp();
    void setMove(const char *id, const QString &verb, const std::optional<Edit> &edit, const QString &none);

    MainWindow &m_window;
    ActionRegistry &m_actions;
    ProjectOpener &m_opener;
    WindowDocks &m_docks;
    ModeBar &m_modes;
};

} // namespace mien
