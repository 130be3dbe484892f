#include "studio/app/registry_menus.h"

#include "studio/common/action_registry.h"

#include <QAction>
#include <QMenu>
#include <QMenuBar>

#include <algorithm>

namespace mien {

RegistryMenus::RegistryMenus(QMenuBar &bar, ActionRegistry &actions)
    : QObject(&bar)
    , m_actions(actions)
{
    const std::pair<const char *, QString> places[] = {
        {"file", tr("&File")},     {"edit", tr("&Edit")}, {"view", tr("&View")}, {"go", tr("&Go")},
        {"labels", tr("&Labels")}, {"jobs", tr("&Jobs")}, {"help", tr("&Help")}};
    for (const auto &[place, title] : places) {
        QMenu *menu = bar.addMenu(title);
        menu->setObjectName(QStringLiteral("menu.") + QLatin1String(place));
        menu->setToolTipsVisible(true);
        m_menus << menu;
        connect(menu, &QMenu::aboutToShow, this, [this, menu, id = QString::fromLatin1(place)] {
            menu->clear();
            for (const ActionRegistry::Entry &entry : m_actions.entries()) {
                if (entry.spec.menu == id && entry.action->isVisible())
                    menu->addAction(entry.action);
            }
        });
    }
    connect(&m_actions, &ActionRegistry::changed, this, &RegistryMenus::refresh);
    refresh();
}

void RegistryMenus::refresh()
{
    const auto &entries = m_actions.entries();
    for (QMenu *menu : std::as_const(m_menus)) {
        const QString id = menu->objectName().mid(5);
        menu->menuAction()->setVisible(std::any_of(entries.begin(), entries.end(), [&](const auto &entry) {
            return entry.spec.menu == id && entry.action->isVisible();
        }));
    }
}

} // namespace mien
