#include "studio/common/command_palette.h"

#include "studio/common/action_registry.h"
#include "studio/common/icons.h"
#include "studio/common/theme.h"

#include <QAction>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QStandardItemModel>
#include <QStyledItemDelegate>
#include <QTimer>
#include <QVBoxLayout>

namespace mien {

namespace {

constexpr int idRole = Qt::UserRole, textRole = Qt::UserRole + 1, scoreRole = Qt::UserRole + 2,
              keyRole = Qt::UserRole + 3;

class FuzzyProxy : public QSortFilterProxyModel
{
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;
    QString typed;
    void refresh()
    {
        invalidate();
        sort(0);
    }

protected:
    bool filterAcceptsRow(int row, const QModelIndex &parent) const override
    {
        return score(sourceModel()->index(row, 0, parent)) >= 0;
    }
    bool lessThan(const QModelIndex &a, const QModelIndex &b) const override
    {
        const int sa = score(a), sb = score(b);
        return sa != sb ? sa > sb : a.row() < b.row();
    }

private:
    int score(const QModelIndex &index) const { return fuzzyScore(typed, index.data(textRole).toString()); }
};

/// The words left, the key at the right edge: the eye finds either in one column.
class VerbDelegate : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        QStyledItemDelegate::paint(painter, option, index);
        const ThemeColors &colors = Theme::instance().colors();
        painter->save();
        painter->setPen(option.state & QStyle::State_Selected ? colors.onAccent : colors.secondary);
        painter->drawText(option.rect.adjusted(0, 0, -Theme::space(12), 0), Qt::AlignRight | Qt::AlignVCenter,
                          index.data(keyRole).toString());
        painter->restore();
    }
};

QString plain(QString text)
{
    text.remove(QLatin1Char('&'));
    return text;
}

} // namespace

int fuzzyScore(const QString &typed, const QString &text)
{
    int score = 0, at = 0, run = 0;
    for (const QChar letter : typed) {
        if (letter.isSpace())
            continue;
        const auto found = int(text.indexOf(letter, at, Qt::CaseInsensitive));
        if (found < 0)
            return -1;
        const bool wordStart = found == 0 || !text[found - 1].isLetterOrNumber();
        run = found == at ? run + 1 : 0;
        score += 1 + run * 2 + (wordStart ? 4 : 0);
        at = found + 1;
    }
    return score;
}

CommandPalette::CommandPalette(ActionRegistry &actions, QWidget *parent)
    : QDialog(parent)
    , m_text(new QLineEdit)
    , m_list(new QListView)
    , m_filtered(nullptr)
{
    setObjectName(QStringLiteral("commandPalette"));
    setWindowTitle(tr("Commands"));
    resize(fontMetrics().averageCharWidth() * 80, fontMetrics().height() * 24);
    auto *layout = new QVBoxLayout(this);
    m_text->setObjectName(QStringLiteral("paletteText"));
    m_text->setAccessibleName(tr("Command"));
    m_text->setPlaceholderText(tr("What do you want to do?"));
    layout->addWidget(m_text);
    m_list->setObjectName(QStringLiteral("paletteList"));
    m_list->setAccessibleName(tr("Matching commands"));
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setItemDelegate(new VerbDelegate(m_list));
    m_list->setUniformItemSizes(true);
    m_list->setIconSize({Theme::space(16), Theme::space(16)});
    layout->addWidget(m_list);

    auto *model = new QStandardItemModel(this);
    for (const ActionRegistry::Entry &entry : actions.entries()) {
        if (!entry.spec.scope.isEmpty() && entry.spec.scope != actions.scope())
            continue;
        const QString key = entry.action->shortcut().toString(QKeySequence::NativeText);
        QString text = plain(entry.action->text());
        QString shown = text;
        if (!entry.disabledReason.isEmpty())
            shown += QStringLiteral("  — ") + entry.disabledReason;
        auto *item = new QStandardItem(iconOrBlank(entry.action->icon()), shown);
        item->setData(key, keyRole);
        item->setData(key, Qt::AccessibleDescriptionRole);
        item->setSizeHint({0, fontMetrics().height() + Theme::space(12)});
        item->setData(entry.spec.id, idRole);
        item->setData(text, textRole);
        item->setToolTip(entry.spec.help);
        item->setEnabled(entry.action->isEnabled());
        model->appendRow(item);
    }
    auto *filtered = new FuzzyProxy(this);
    filtered->setSourceModel(model);
    m_filtered = filtered;
    m_list->setModel(filtered);
    const auto choose = [this, filtered] {
        filtered->typed = m_text->text();
        filtered->refresh();
        m_list->setCurrentIndex(filtered->index(0, 0));
    };
    choose();
    connect(m_text, &QLineEdit::textChanged, this, choose);
    connect(m_text, &QLineEdit::returnPressed, this, &CommandPalette::run);
    connect(m_list, &QListView::activated, this, &CommandPalette::run);
    connect(m_list, &QListView::clicked, this, &CommandPalette::run);
    m_text->installEventFilter(this);
    connect(this, &QDialog::accepted, &actions, [this, &actions] {
        QAction *action = actions.action(m_list->currentIndex().data(idRole).toString());
        if (action) // After this dialog has gone, so that the action's own dialog has the window to itself.
            QTimer::singleShot(0, action, &QAction::trigger);
    });
}

void CommandPalette::run()
{
    if (m_list->currentIndex().isValid() && m_list->currentIndex().flags().testFlag(Qt::ItemIsEnabled))
        accept();
}

bool CommandPalette::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_text && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        if (key == Qt::Key_Down || key == Qt::Key_Up) {
            const int row = m_list->currentIndex().row() + (key == Qt::Key_Down ? 1 : -1);
            if (const QModelIndex index = m_filtered->index(row, 0); index.isValid())
                m_list->setCurrentIndex(index);
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

} // namespace mien
