#pragma once

#include "studio/common/studio.h"

#include <QVariantMap>
#include <QWidget>

#include <functional>

namespace mien {

/// One mode of the window. Made when it is first shown; told about the project through Studio::sessionChanged and
/// setSession(). It adds its verbs to the registry with its id as scope.
class Page : public QWidget
{
    Q_OBJECT

public:
    Page(Studio &studio, const QString &id, QWidget *parent = nullptr);

    QString id() const { return objectName(); }
    Studio &studio() const { return m_studio; }

    /// Called once after construction and again whenever the project changes; null without a project.
    virtual void setSession(ProjectSession *session) { Q_UNUSED(session) }
    /// Called each time the page comes to the front.
    virtual void entered() {}
    /// What to come back to after a restart: filter, zoom, queue position. Plain values only.
    virtual QVariantMap state() const { return {}; }
    virtual void restore(const QVariantMap &state) { Q_UNUSED(state) }
    /// True while nothing that will show soon is missing (thumbnails, queries): what screenshots wait for.
    virtual bool isSettled() const { return true; }
    /// Shows itself with something in it, for a screenshot: a face selected, a run opened. Called once it is settled.
    virtual void pose() {}
    /// Files or folders dropped on it; false passes them on to the window (Import or Open).
    virtual bool dropped(const QStringList &paths)
    {
        Q_UNUSED(paths)
        return false;
    }

private:
    Studio &m_studio;
};

/// How a mode gets into the window: one line in `studio/app/page_list.cpp`.
struct PageEntry
{
    QString id;    ///< "gallery": objectName, settings key, --page.
    QString title; ///< Word in the mode bar.
    QString icon;
    bool needsProject = true;
    std::function<Page *(Studio &)> make;
};

} // namespace mien
