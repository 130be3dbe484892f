#include "studio/gallery/view_list.h"

#include "pipeline/store/samples.h"
#include "studio/common/background.h"
#include "studio/common/icons.h"
#include "studio/common/project_session.h"
#include "studio/common/theme.h"

#include <QContextMenuEvent>
#include <QInputDialog>
#include <QKeyEvent>
#include <QMenu>
#include <QSignalBlocker>

namespace mien {

namespace {

const QString doubtFilter = QStringLiteral("drowsiness:doubt");

/// What the project knows of its views.
struct Stored
{
    std::vector<SavedView> views;
    bool hasDoubts = false;
};

enum Role { FilterRole = Qt::UserRole, SortRole, DescendingRole, NameRole };

ViewList::View viewOf(const QListWidgetItem &item)
{
    return {item.data(FilterRole).toString(), item.data(SortRole).toString(), item.data(DescendingRole).toBool()};
}

bool isSaved(const QListWidgetItem &item)
{
    return !item.data(NameRole).isNull();
}

/// A saved view is more than its filter: in another order it is not what is shown.
bool isShownBy(const QListWidgetItem &item, const ViewList::View &shown)
{
    const ViewList::View view = viewOf(item);
    return view.filter == shown.filter &&
           (!isSaved(item) || (view.sortKey == shown.sortKey && view.descending == shown.descending));
}

} // namespace

ViewList::ViewList(QWidget *parent)
    : QListWidget(parent)
    , m_reader(new Background(this))
{
    setObjectName(QStringLiteral("galleryViews"));
    setAccessibleName(tr("Views"));
    setFrameShape(QFrame::NoFrame);
    setIconSize({Theme::space(16), Theme::space(16)});
    // The longest name of all is read whole, one of a person's own is elided.
    setMinimumWidth(fontMetrics().horizontalAdvance(tr("Drowsiness doubts")) + Theme::space(56));
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setTextElideMode(Qt::ElideRight);
    const auto choose = [this](const QListWidgetItem *item) { Q_EMIT chosen(viewOf(*item)); };
    connect(this, &QListWidget::itemClicked, this, choose);
    connect(this, &QListWidget::itemActivated, this, choose);
    connect(this, &QListWidget::currentRowChanged, this, &ViewList::markedChanged);
}

void ViewList::setSession(ProjectSession *session)
{
    m_reader->stop();
    if (m_session)
        m_session->disconnect(this);
    m_session = session;
    m_saved.clear();
    m_hasDoubts = false;
    fill();
    if (!session)
        return;
    connect(session, &ProjectSession::dataChanged, this, &ViewList::reload);
    reload();
}

bool ViewList::isSettled() const
{
    return !m_reader->isBusy();
}

void ViewList::reload()
{
    m_reader->start(
        [readers = m_session->readers()](const Job &) {
            return readers->with([](const Project &project) -> Result<Stored> {
                Stored stored{savedViews(project), false};
                const auto doubts = samplesMatching(project, doubtFilter.toStdString(), {}, 1);
                if (!doubts)
                    return fail(doubts.error());
                stored.hasDoubts = !doubts->empty();
                return stored;
            });
        },
        [this](const Result<Stored> &stored) {
            if (!stored || (stored->views == m_saved && stored->hasDoubts == m_hasDoubts))
                return;
            m_saved = stored->views;
            m_hasDoubts = stored->hasDoubts;
            fill();
        });
}

QListWidgetItem *ViewList::add(const QString &text, const QString &filter, const char *iconName)
{
    auto *item = new QListWidgetItem(icon(QLatin1String(iconName)), text, this);
    item->setData(FilterRole, filter);
    item->setToolTip(filter.isEmpty() ? tr("Every face") : filter);
    return item;
}

void ViewList::fill()
{
    {
        const QSignalBlocker quiet(this);
        clear();
    }
    if (m_session) {
        add(tr("All"), {}, "gallery");
        add(tr("Flagged"), QStringLiteral("flag:open"), "warning");
        add(tr("Changed"), QStringLiteral("label!=given"), "label");
        add(tr("Reviewed"), QStringLiteral("reviewed:yes"), "check");
        add(tr("Unlabelled"), QStringLiteral("label:unlabeled"), "help");
        add(tr("Unsure"), QStringLiteral("label:unsure"), "help");
        add(tr("Duplicates"), QStringLiteral("duplicate:yes"), "copy");
        add(tr("Near-duplicates"), QStringLiteral("near_duplicate:yes"), "copy");
        add(tr("Conflicts"), QStringLiteral("tag:duplicate_conflict"), "warning");
        if (m_hasDoubts)
            add(tr("Drowsiness doubts"), doubtFilter, "attention");
        add(tr("Excluded"), QStringLiteral("excluded:yes"), "exclude");
    }
    for (const SavedView &view : m_saved) {
        const QString name = QString::fromStdString(view.name);
        QListWidgetItem *item = add(name, QString::fromStdString(view.filter), "filter");
        item->setData(SortRole, QString::fromStdString(view.sortKey));
        item->setData(DescendingRole, view.descending);
        item->setData(NameRole, name);
        item->setData(Qt::AccessibleTextRole, tr("Saved view %1").arg(name));
        item->setToolTip(tr("%1\nDelete removes this view.").arg(item->toolTip()));
    }
    setShown(m_shown);
}

void ViewList::setShown(const View &view)
{
    m_shown = view;
    int found = -1;
    for (int i = 0; i < count(); ++i) {
        // One that was saved says more than one that everybody has.
        if (isShownBy(*item(i), view) && (found < 0 || isSaved(*item(i))))
            found = i;
    }
    {
        const QSignalBlocker quiet(this);
        setCurrentRow(found);
    }
    Q_EMIT markedChanged();
}

QString ViewList::savedName() const
{
    return currentItem() ? currentItem()->data(NameRole).toString() : QString();
}

void ViewList::askName(const char *dialogName, const QString &title, const QString &label, const QString &name,
                       std::function<void(const std::string &)> then)
{
    auto *dialog = new QInputDialog(this);
    dialog->setObjectName(QLatin1String(dialogName));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    dialog->setLabelText(label);
    dialog->setTextValue(name);
    dialog->setOkButtonText(title);
    connect(dialog, &QInputDialog::textValueSelected, this, [then = std::move(then)](const QString &text) {
        if (const QString wanted = text.trimmed(); !wanted.isEmpty())
            then(wanted.toStdString());
    });
    dialog->open();
}

void ViewList::change(std::function<Result<>(Project &)> work)
{
    if (!m_session)
        return;
    m_session->change(std::move(work), [self = QPointer(this)](const Result<> &done) {
        if (!self)
            return;
        if (!done)
            Q_EMIT self->failed(QString::fromStdString(done.error().message));
        else if (self->m_session)
            self->reload();
    });
}

void ViewList::save(const View &view)
{
    const QString what = view.filter.isEmpty() ? tr("Name for this order of all faces")
                                               : tr("Name for the filter “%1”").arg(view.filter);
    askName("saveViewDialog", tr("Save view"), what, {}, [this, view](const std::string &name) {
        m_shown = view;
        change([saved = SavedView{name, view.filter.toStdString(),
                                  view.sortKey.isEmpty() ? "id" : view.sortKey.toStdString(),
                                  view.descending}](Project &project) { return addSavedView(project, saved); });
    });
}

void ViewList::rename()
{
    const QString name = savedName();
    if (name.isEmpty())
        return;
    askName("renameViewDialog", tr("Rename view"), tr("New name for “%1”").arg(name), name,
            [this, from = name.toStdString()](const std::string &to) {
                change([from, to](Project &project) { return renameSavedView(project, from, to); });
            });
}

void ViewList::removeSaved()
{
    const QString name = savedName();
    if (!name.isEmpty())
        change([gone = name.toStdString()](Project &project) { return removeSavedView(project, gone); });
}

void ViewList::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Delete && !savedName().isEmpty()) {
        removeSaved();
        return;
    }
    QListWidget::keyPressEvent(event);
}

void ViewList::contextMenuEvent(QContextMenuEvent *event)
{
    if (savedName().isEmpty())
        return;
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(icon(QStringLiteral("label")), tr("&Rename view…"), this, &ViewList::rename);
    menu->addAction(icon(QStringLiteral("delete")), tr("Re&move view"), this, &ViewList::removeSaved);
    menu->popup(event->globalPos());
}

} // namespace mien
