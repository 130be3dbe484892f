#include "studio/app/page_stack.h"

#include "studio/app/page_list.h"
#include "studio/common/project_session.h"
#include "studio/common/settings.h"

#include <QSettings>

#include <algorithm>

namespace mien {

PageStack::PageStack(Studio &studio, QWidget *parent)
    : QStackedWidget(parent)
    , m_studio(studio)
{
}

PageStack::~PageStack()
{
    clear();
}

const PageEntry *PageStack::entry(const QString &id)
{
    const auto &entries = pageEntries();
    const auto at =
        std::find_if(entries.begin(), entries.end(), [&](const PageEntry &entry) { return entry.id == id; });
    return at == entries.end() ? nullptr : &*at;
}

QStringList PageStack::available() const
{
    QStringList ids;
    for (const PageEntry &entry : pageEntries()) {
        if (m_session || !entry.needsProject)
            ids << entry.id;
    }
    return ids;
}

Page *PageStack::page(const QString &id) const
{
    return m_pages.value(id);
}

Page &PageStack::showPage(const QString &id)
{
    if (m_current != id)
        storeState(m_current);
    Page *page = m_pages.value(id);
    if (!page) {
        page = entry(id)->make(m_studio);
        m_pages.insert(id, page);
        addWidget(page);
        page->setSession(m_session);
        if (m_session) {
            settings().beginGroup(settingsGroupOf(m_session->folder()));
            const QVariantMap state = settings().value(QStringLiteral("page.") + id).toMap();
            settings().endGroup();
            if (!state.isEmpty())
                page->restore(state);
        }
    }
    m_current = id;
    setCurrentWidget(page);
    return *page;
}

void PageStack::setSession(ProjectSession *session)
{
    m_session = session;
    for (const PageEntry &entry : pageEntries()) {
        Page *page = m_pages.value(entry.id);
        if (!page)
            continue;
        page->setSession(session);
        if (!session && entry.needsProject) {
            m_pages.remove(entry.id);
            removeWidget(page);
            delete page;
        }
    }
}

void PageStack::storeState(const QString &id) const
{
    const Page *page = m_pages.value(id);
    if (!m_session || !page)
        return;
    settings().beginGroup(settingsGroupOf(m_session->folder()));
    settings().setValue(QStringLiteral("page.") + id, page->state());
    settings().endGroup();
}

void PageStack::storeStates() const
{
    for (auto it = m_pages.begin(); it != m_pages.end(); ++it)
        storeState(it.key());
}

QMap<QString, QVariantMap> PageStack::states() const
{
    QMap<QString, QVariantMap> states;
    for (auto it = m_pages.begin(); it != m_pages.end(); ++it) {
        if (entry(it.key())->needsProject)
            states.insert(it.key(), it.value()->state());
    }
    return states;
}

void PageStack::restoreState(const QString &id, const QVariantMap &state)
{
    if (!m_session || state.isEmpty())
        return;
    settings().beginGroup(settingsGroupOf(m_session->folder()));
    settings().setValue(QStringLiteral("page.") + id, state);
    settings().endGroup();
    if (Page *page = m_pages.value(id))
        page->restore(state);
}

void PageStack::clear()
{
    for (Page *page : std::exchange(m_pages, {}))
        delete page;
}

} // namespace mien
