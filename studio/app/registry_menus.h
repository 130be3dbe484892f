#pragma once

#include <QList>
#include <QObject>

class QMenu;
class QMenuBar;

namespace mien {

class ActionRegistry;

/// The menus of the window, read from the action registry each time one opens: a verb names its own place.
/// A menu without a verb for the page that is shown is not offered.
class RegistryMenus : public QObject
{
    Q_OBJECT

public:
    RegistryMenus(QMenuBar &bar, ActionRegistry &actions);

private:
    void refresh();

    ActionRegistry &m_actions;
    QList<QMenu *> m_menus;
};

} // namespace mien
