#include "studio/attention/run_chooser.h"

#include <QAction>
#include <QMenu>
#include <QSignalBlocker>

#include <algorithm>
#include <utility>

namespace mien {

RunChooser::RunChooser(QWidget *parent)
    : QToolButton(parent)
    , m_menu(new QMenu(this))
{
    setObjectName(QStringLiteral("attentionRuns"));
    setPopupMode(QToolButton::InstantPopup);
    setToolButtonStyle(Qt::ToolButtonTextOnly);
    setFocusPolicy(Qt::StrongFocus);
    m_menu->setObjectName(QStringLiteral("attentionRunsMenu"));
    setMenu(m_menu);
    refresh();
}

void RunChooser::setRuns(std::vector<Entry> runs, const QString &standard)
{
    m_runs = std::move(runs);
    QStringList kept;
    for (const QString &id : std::as_const(m_chosen))
        if (entry(id))
            kept << id;
    if (kept.isEmpty() && !m_runs.empty())
        kept << (entry(standard) ? standard : m_runs.front().id);
    m_menu->clear();
    for (const Entry &run : m_runs) {
        QAction *action = m_menu->addAction(run.words);
        action->setCheckable(true);
        action->setData(run.id);
        connect(action, &QAction::toggled, this, [this, id = run.id](bool chosen) { toggle(id, chosen); });
    }
    take(kept);
}

void RunChooser::open()
{
    m_menu->popup(mapToGlobal(rect().bottomLeft()));
}

const RunChooser::Entry *RunChooser::entry(const QString &id) const
{
    const auto found = std::find_if(m_runs.begin(), m_runs.end(), [&](const Entry &run) { return run.id == id; });
    return found == m_runs.end() ? nullptr : &*found;
}

void RunChooser::choose(const QStringList &ids)
{
    QStringList known;
    for (const QString &id : ids)
        if (entry(id) && !known.contains(id) && known.size() < kMost)
            known << id;
    if (!known.isEmpty())
        take(known);
}

void RunChooser::toggle(const QString &id, bool chosen)
{
    QStringList wanted = m_chosen;
    wanted.removeAll(id);
    if (chosen)
        wanted << id;
    while (wanted.size() > kMost)
        wanted.removeFirst();
    take(wanted.isEmpty() ? m_chosen : wanted); // one is always shown
}

void RunChooser::take(const QStringList &ids)
{
    QStringList ordered;
    for (const Entry &run : m_runs)
        if (ids.contains(run.id))
            ordered << run.id;
    const bool isNew = ordered != m_chosen;
    m_chosen = ordered;
    refresh();
    if (isNew)
        Q_EMIT chosenChanged();
}

void RunChooser::refresh()
{
    for (QAction *action : m_menu->actions()) {
        const QSignalBlocker quiet(action);
        action->setChecked(m_chosen.contains(action->data().toString()));
    }
    setText(m_chosen.isEmpty() ? tr("No run") : m_chosen.join(QStringLiteral(", ")));
    setAccessibleName(tr("Runs that are shown: %1").arg(text()));
    setToolTip(tr("Runs whose networks are shown; up to %1 beside each other (R)").arg(kMost));
}

} // namespace mien
