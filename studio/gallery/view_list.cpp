#include "studio/gallery/view_list.h"

#include "studio/common/icons.h"
#include "studio/common/recent_projects.h"
#include "studio/common/settings.h"
#include "studio/common/theme.h"

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QSettings>

namespace mien {

namespace {

constexpr int filterRole = Qt::UserRole;
constexpr int ownRole = Qt::UserRole + 1;

} // namespace

ViewList::ViewList(QWidget *parent)
    : QListWidget(parent)
{
    setObjectName(QStringLiteral("galleryViews"));
    setAccessibleName(tr("Views"));
    setFrameShape(QFrame::NoFrame);
    setIconSize({Theme::space(16), Theme::space(16)});
    setMinimumWidth(Theme::space(24) * 5);
    const auto choose = [this](const QListWidgetItem *item) { Q_EMIT filterChosen(item->data(filterRole).toString()); };
    connect(this, &QListWidget::itemClicked, this, choose);
    connect(this, &QListWidget::itemActivated, this, choose);
}

void ViewList::setProject(const QString &folder)
{
    m_folder = folder;
    fill();
}

void ViewList::showFilter(const QString &filter)
{
    m_filter = filter;
    setCurrentRow(-1);
    for (int i = 0; i < count(); ++i) {
        if (item(i)->data(filterRole).toString() == filter) {
            setCurrentRow(i);
            return;
        }
    }
}

void ViewList::save(const QString &name, const QString &filter)
{
    QVariantMap views = ownViews();
    views.insert(name, filter);
    setOwnViews(views);
    m_filter = filter;
    fill();
}

void ViewList::remove(const QListWidgetItem &item)
{
    QVariantMap views = ownViews();
    views.remove(item.text());
    setOwnViews(views);
    fill();
}

QVariantMap ViewList::ownViews() const
{
    settings().beginGroup(settingsGroupOf(m_folder));
    const QVariantMap views = settings().value(QStringLiteral("views")).toMap();
    settings().endGroup();
    return views;
}

void ViewList::setOwnViews(const QVariantMap &views)
{
    settings().beginGroup(settingsGroupOf(m_folder));
    settings().setValue(QStringLiteral("views"), views);
    settings().endGroup();
}

void ViewList::add(const QString &text, const QString &filter, const char *iconName, bool isOwn)
{
    auto *made = new QListWidgetItem(icon(QLatin1String(iconName)), text, this);
    made->setData(filterRole, filter);
    made->setData(ownRole, isOwn);
    made->setToolTip(isOwn ? tr("%1\nDelete removes this view.").arg(filter) : filter);
}

void ViewList::fill()
{
    clear();
    if (m_folder.isEmpty())
        return;
    add(tr("All"), {}, "gallery", false);
    add(tr("Flagged"), QStringLiteral("flag:open"), "warning", false);
    add(tr("Changed"), QStringLiteral("label!=given"), "label", false);
    add(tr("Reviewed"), QStringLiteral("reviewed:yes"), "check", false);
    add(tr("Unlabelled"), QStringLiteral("label:unlabeled"), "help", false);
    add(tr("Unsure"), QStringLiteral("label:unsure"), "help", false);
    add(tr("Duplicates"), QStringLiteral("duplicate:yes"), "copy", false);
    add(tr("Excluded"), QStringLiteral("excluded:yes"), "exclude", false);
    const QVariantMap own = ownViews();
    for (auto it = own.begin(); it != own.end(); ++it)
        add(it.key(), it.value().toString(), "filter", true);
    showFilter(m_filter);
}

void ViewList::keyPressEvent(QKeyEvent *event)
{
    const QListWidgetItem *item = currentItem();
    if (event->key() == Qt::Key_Delete && item && item->data(ownRole).toBool()) {
        remove(*item);
        return;
    }
    QListWidget::keyPressEvent(event);
}

void ViewList::contextMenuEvent(QContextMenuEvent *event)
{
    QListWidgetItem *item = itemAt(event->pos());
    if (!item || !item->data(ownRole).toBool())
        return;
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(icon(QStringLiteral("delete")), tr("Remove this view"), this, [this, name = item->text()] {
        const QList<QListWidgetItem *> found = findItems(name, Qt::MatchExactly);
        for (const QListWidgetItem *one : found) {
            if (one->data(ownRole).toBool()) {
                remove(*one);
                return;
            }
        }
    });
    menu->popup(event->globalPos());
}

} // namespace mien
