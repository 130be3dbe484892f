#pragma once

#include "studio/common/page.h"

#include <QHash>
#include <QMap>
#include <QStackedWidget>

namespace mien {

/// The pages of the window: each is made when it is first shown, gets the project, and comes back with the state it was
/// left in (filter, zoom, queue position), also after a restart.
class PageStack : public QStackedWidget
{
    Q_OBJECT

public:
    explicit PageStack(Studio &studio, QWidget *parent = nullptr);
    ~PageStack() override;

    static const PageEntry *entry(const QString &id); ///< Null when there is no such page.
    QStringList available() const;                    ///< Pages that can be shown now, in the order of the mode bar.
    Page *page(const QString &id) const;              ///< Null until it was shown once.
    QString current() const { return m_current; }     ///< Id; empty before the first showPage().

    Page &showPage(const QString &id); ///< `id` is one of available().
    /// Null closes the project: its pages go with it, so that the next project starts with what was kept for that one.
    void setSession(ProjectSession *session);
    void storeStates() const;
    QMap<QString, QVariantMap> states() const; ///< Of the pages that were shown.
    /// Takes up a state: at once when the page was shown, else when it is.
    void restoreState(const QString &id, const QVariantMap &state);
    void clear(); ///< Deletes every page; they hold on to the project.

private:
    void storeState(const QString &id) const;

    Studio &m_studio;
    ProjectSession *m_session = nullptr;
    QHash<QString, Page *> m_pages;
    QString m_current;
};

} // namespace mien
