#include "studio/app/window_docks.h"

#include "studio/common/inspector.h"
#include "studio/common/jobs_view.h"
#include "studio/common/settings.h"

#include <QDockWidget>
#include <QMainWindow>
#include <QSettings>
#include <QTabBar>

namespace mien {

WindowDocks::WindowDocks(QMainWindow &window, Studio &studio)
    : QObject(&window)
    , m_window(window)
{
    m_jobs = new JobsView(studio);
    m_inspectorDock = makeDock("inspectorDock", tr("Inspector"), new Inspector(studio));
    m_jobsDock = makeDock("jobsDock", tr("Jobs"), m_jobs);
    window.tabifyDockWidget(m_inspectorDock, m_jobsDock);
}

WindowDocks::~WindowDocks()
{
    m_jobs->setQueue(nullptr);
    delete m_inspectorDock;
}

QDockWidget *WindowDocks::makeDock(const char *name, const QString &title, QWidget *content)
{
    auto *dock = new QDockWidget(title);
    dock->setObjectName(QLatin1String(name));
    dock->setWidget(content);
    dock->setFeatures(QDockWidget::DockWidgetClosable | QDockWidget::DockWidgetMovable);
    m_window.addDockWidget(Qt::RightDockWidgetArea, dock);
    dock->hide();
    // Qt makes the tabs of docks that share a place when they are first shown together.
    connect(dock, &QDockWidget::visibilityChanged, this, [this] {
        for (QTabBar *tabs : m_window.findChildren<QTabBar *>(QString(), Qt::FindDirectChildrenOnly)) {
            // Qt keeps them when the docks are closed; nobody should tab to what is not there.
            const bool inUse = m_inspectorDock && m_jobsDock && !m_inspectorDock->isHidden() && !m_jobsDock->isHidden();
            tabs->setFocusPolicy(inUse ? Qt::TabFocus : Qt::NoFocus);
            tabs->setObjectName(QStringLiteral("dockTabs"));
            tabs->setAccessibleName(tr("Docks at the right"));
        }
    });
    return dock;
}

void WindowDocks::showJobs()
{
    m_jobsDock->show();
    m_jobsDock->raise();
}

void WindowDocks::showInspector()
{
    m_inspectorDock->show();
    m_inspectorDock->raise();
}

void WindowDocks::toggleInspector()
{
    m_inspectorDock->setVisible(!m_inspectorDock->isVisible());
    if (m_inspectorDock->isVisible())
        m_inspectorDock->raise();
}

void WindowDocks::toggleJobs()
{
    const bool inFront = m_jobsDock->isVisible() && !m_jobsDock->visibleRegion().isEmpty();
    if (inFront)
        m_jobsDock->hide();
    else
        showJobs();
}

void WindowDocks::storeLayout(const QString &mode) const
{
    if (!mode.isEmpty())
        settings().setValue(QStringLiteral("layouts/") + mode, m_window.saveState());
}

void WindowDocks::restoreLayout(const QString &mode)
{
    const QByteArray layout = settings().value(QStringLiteral("layouts/") + mode).toByteArray();
    if (!layout.isEmpty() && m_window.restoreState(layout))
        return;
    m_inspectorDock->setVisible(mode == QStringLiteral("gallery"));
    m_jobsDock->hide();
}

void WindowDocks::resetLayouts()
{
    settings().remove(QStringLiteral("layouts"));
    m_inspectorDock->hide();
    m_jobsDock->hide();
    m_window.addDockWidget(Qt::RightDockWidgetArea, m_inspectorDock);
    m_window.tabifyDockWidget(m_inspectorDock, m_jobsDock);
}

} // namespace mien
