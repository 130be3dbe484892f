#include "studio/common/action_registry.h"

#include "studio/common/icons.h"

#include <QAction>
#include <QSettings>
#include <QWidget>

namespace mien {

ActionRegistry::ActionRegistry(QWidget *window, QSettings *settings)
    : QObject(window)
    , m_window(window)
    , m_settings(settings)
{
}

QAction *ActionRegistry::add(const ActionSpec &spec, QObject *context, std::function<void()> run)
{
    return add(spec, context, [run = std::move(run)](bool) { run(); });
}

QAction *ActionRegistry::add(const ActionSpec &spec, QObject *context, std::function<void(bool)> run)
{
    if (Entry *known = find(spec.id)) {
        // A page made anew takes its verbs over.
        known->action->disconnect(SIGNAL(triggered(bool)));
        QObject::connect(known->action, &QAction::triggered, context, std::move(run));
        return known->action;
    }
    auto *action = new QAction(spec.text, this);
    action->setObjectName(spec.id);
    if (!spec.icon.isEmpty())
        action->setIcon(icon(spec.icon));
    action->setCheckable(spec.checkable);
    action->setAutoRepeat(spec.autoRepeat);
    action->setShortcutContext(Qt::WindowShortcut);
    action->setStatusTip(spec.help);
    QList<QKeySequence> keys = spec.keys;
    if (m_settings && m_settings->contains(QStringLiteral("keys/") + spec.id))
        keys = QKeySequence::listFromString(m_settings->value(QStringLiteral("keys/") + spec.id).toString());
    action->setShortcuts(keys);
    QObject::connect(action, &QAction::triggered, context, std::move(run));
    m_window->addAction(action);
    m_index.insert(spec.id, int(m_entries.size()));
    m_entries.append({spec, action, {}});
    refresh(m_entries.last());
    Q_EMIT changed();
    return action;
}

QAction *ActionRegistry::action(const QString &id) const
{
    const Entry *found = entry(id);
    return found ? found->action : nullptr;
}

const ActionRegistry::Entry *ActionRegistry::entry(const QString &id) const
{
    const auto at = m_index.constFind(id);
    return at == m_index.cend() ? nullptr : &m_entries[*at];
}

ActionRegistry::Entry *ActionRegistry::find(const QString &id)
{
    const auto at = m_index.constFind(id);
    return at == m_index.cend() ? nullptr : &m_entries[*at];
}

void ActionRegistry::refresh(Entry &entry)
{
    const bool inScope = entry.spec.scope.isEmpty() || entry.spec.scope == m_scope;
    entry.action->setVisible(inScope);
    entry.action->setEnabled(inScope && entry.disabledReason.isEmpty());
    QString text = entry.spec.text;
    text.remove(QLatin1Char('&'));
    text.remove(QChar(0x2026));
    const QString key = entry.action->shortcut().toString(QKeySequence::NativeText);
    QString tip = key.isEmpty() ? text : QStringLiteral("%1 (%2)").arg(text, key);
    if (!entry.disabledReason.isEmpty())
        tip += QLatin1Char('\n') + entry.disabledReason;
    else if (!entry.spec.help.isEmpty())
        tip += QLatin1Char('\n') + entry.spec.help;
    entry.action->setToolTip(tip);
}

void ActionRegistry::setDisabledReason(const QString &id, const QString &reason)
{
    Entry *entry = find(id);
    if (!entry || entry->disabledReason == reason)
        return;
    entry->disabledReason = reason;
    refresh(*entry);
    Q_EMIT changed();
}

void ActionRegistry::setScope(const QString &page)
{
    m_scope = page;
    for (Entry &entry : m_entries)
        refresh(entry);
    Q_EMIT changed();
}

namespace {

bool meet(const ActionSpec &a, const ActionSpec &b)
{
    return a.scope.isEmpty() || b.scope.isEmpty() || a.scope == b.scope;
}

} // namespace

const ActionRegistry::Entry *ActionRegistry::conflicting(const QString &id, const QKeySequence &key) const
{
    const Entry *self = entry(id);
    if (!self || key.isEmpty())
        return nullptr;
    for (const Entry &other : m_entries) {
        if (other.spec.id != id && meet(self->spec, other.spec) && other.action->shortcuts().contains(key))
            return &other;
    }
    return nullptr;
}

QList<std::pair<QString, QString>> ActionRegistry::conflicts() const
{
    QList<std::pair<QString, QString>> found;
    for (const Entry &entry : m_entries) {
        for (const QKeySequence &key : entry.action->shortcuts()) {
            const Entry *other = conflicting(entry.spec.id, key);
            if (other && entry.spec.id < other->spec.id)
                found.append({entry.spec.id, other->spec.id});
        }
    }
    return found;
}

QString ActionRegistry::setKeys(const QString &id, const QList<QKeySequence> &keys)
{
    Entry *entry = find(id);
    if (!entry)
        return {};
    for (const QKeySequence &key : keys) {
        if (const Entry *other = conflicting(id, key))
            return other->spec.id;
    }
    entry->action->setShortcuts(keys);
    if (m_settings)
        m_settings->setValue(QStringLiteral("keys/") + id, QKeySequence::listToString(keys));
    refresh(*entry);
    Q_EMIT changed();
    return {};
}

void ActionRegistry::resetKeys(const QString &id)
{
    Entry *entry = find(id);
    if (!entry)
        return;
    entry->action->setShortcuts(entry->spec.keys);
    if (m_settings)
        m_settings->remove(QStringLiteral("keys/") + id);
    refresh(*entry);
    Q_EMIT changed();
}

} // namespace mien
