#include "studio/training/further_settings.h"

#include "studio/common/theme.h"

#include <QAbstractItemView>
#include <QCompleter>
#include <QKeyEvent>
#include <QLabel>
#include <QScrollBar>
#include <QStandardItemModel>
#include <QTextBlock>

#include <algorithm>

namespace mien {

namespace {

constexpr int kLines = 3;

QString keyOf(const QString &line)
{
    return line.section(QLatin1Char('='), 0, 0).trimmed();
}

} // namespace

FurtherSettings::FurtherSettings(QWidget *parent)
    : QPlainTextEdit(parent)
    , m_words(new QLabel)
    , m_completer(new QCompleter(this))
    , m_keys(new QStandardItemModel(this))
{
    setTabChangesFocus(true);
    setLineWrapMode(QPlainTextEdit::NoWrap);
    setPlaceholderText(QStringLiteral("sampler=balanced\nlabel_smoothing=0.1"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_words->setObjectName(QStringLiteral("trainFurtherWords"));
    m_words->setWordWrap(true);
    Theme::setType(m_words, Theme::Type::Secondary);
    showFault({});
    m_completer->setWidget(this);
    m_completer->setModel(m_keys);
    m_completer->setCompletionRole(Qt::UserRole);
    m_completer->setMaxVisibleItems(8);
    m_completer->popup()->setObjectName(QStringLiteral("trainFurtherKeys"));
    m_completer->popup()->setAccessibleName(tr("Settings there are"));
    connect(this, &QPlainTextEdit::cursorPositionChanged, this, &FurtherSettings::showWords);
    connect(m_completer, qOverload<const QModelIndex &>(&QCompleter::activated), this,
            [this](const QModelIndex &index) { take(index.data(Qt::UserRole).toString()); });
}

QSize FurtherSettings::sizeHint() const
{
    const QMargins margins = contentsMargins();
    const int height = fontMetrics().lineSpacing() * kLines + 2 * frameWidth() + int(2 * document()->documentMargin()) +
                       margins.top() + margins.bottom();
    return {Theme::space(120), height};
}

void FurtherSettings::setKeys(const QList<TrainingKey> &keys)
{
    m_keys->clear();
    m_helps.clear();
    for (const TrainingKey &key : keys) {
        auto *item = new QStandardItem(QStringLiteral("%1 — %2").arg(key.name, key.takes));
        item->setData(key.name, Qt::UserRole);
        item->setToolTip(key.help);
        m_helps.insert(key.name, tr("%1: %2. It takes %3.").arg(key.name, key.help, key.takes));
        m_keys->appendRow(item);
    }
    m_keys->sort(0);
    showWords();
}

QList<std::pair<QString, QString>> FurtherSettings::settings() const
{
    QList<std::pair<QString, QString>> list;
    for (const QString &line : toPlainText().split(QLatin1Char('\n')))
        if (line.contains(QLatin1Char('=')) && !keyOf(line).isEmpty())
            list.append({keyOf(line), line.section(QLatin1Char('='), 1).trimmed()});
    return list;
}

void FurtherSettings::set(const QString &key, const QString &value)
{
    QStringList lines;
    for (const QString &line : toPlainText().split(QLatin1Char('\n'), Qt::SkipEmptyParts))
        if (keyOf(line) != key)
            lines << line;
    lines << key + QLatin1Char('=') + value;
    setPlainText(lines.join(QLatin1Char('\n')));
}

QString FurtherSettings::fault(const QStringList &taken) const
{
    QStringList keys;
    for (const QString &line : toPlainText().split(QLatin1Char('\n'))) {
        const QString text = line.trimmed(), key = keyOf(line);
        if (text.isEmpty())
            continue;
        if (!text.contains(QLatin1Char('=')) || key.isEmpty())
            return tr("“%1” is not KEY=VALUE.").arg(text);
        if (keys.contains(key))
            return tr("%1 is set twice.").arg(key);
        if (taken.contains(key))
            return tr("%1 is set above as well.").arg(key);
        keys << key;
    }
    return {};
}

void FurtherSettings::showFault(const QString &fault)
{
    m_fault = fault;
    showWords();
}

void FurtherSettings::showWords()
{
    const QString help = m_helps.value(keyOf(textCursor().block().text()));
    const QString words = !m_fault.isEmpty() ? QStringLiteral("✕ ") + m_fault
                          : !help.isEmpty()  ? help
                                             : tr("One KEY=VALUE a line: what the form has no control for.");
    if (m_words->text() == words)
        return;
    m_words->setText(words);
    setAccessibleDescription(m_fault.isEmpty() ? help : m_fault);
    Theme::mark(m_words, "danger", !m_fault.isEmpty());
    Theme::mark(this, "wrong", !m_fault.isEmpty());
}

QString FurtherSettings::lineToCursor() const
{
    return textCursor().block().text().left(textCursor().positionInBlock());
}

void FurtherSettings::keyPressEvent(QKeyEvent *event)
{
    if (m_completer->popup()->isVisible()) {
        switch (event->key()) {
        case Qt::Key_Enter:
        case Qt::Key_Return:
        case Qt::Key_Tab:
        case Qt::Key_Backtab:
        case Qt::Key_Escape: event->ignore(); return; // the list of completions takes them
        }
    }
    QPlainTextEdit::keyPressEvent(event);
    if (!event->text().isEmpty())
        offer();
}

void FurtherSettings::offer()
{
    const QString begun = lineToCursor().trimmed();
    if (begun.isEmpty() || begun.contains(QLatin1Char('='))) {
        m_completer->popup()->hide();
        return;
    }
    m_completer->setCompletionPrefix(begun);
    if (m_completer->completionCount() == 0) {
        m_completer->popup()->hide();
        return;
    }
    m_completer->popup()->setCurrentIndex(m_completer->completionModel()->index(0, 0));
    QRect place = cursorRect();
    place.setWidth(m_completer->popup()->sizeHintForColumn(0) + m_completer->popup()->verticalScrollBar()->width() +
                   Theme::space(16));
    m_completer->complete(place);
}

void FurtherSettings::take(const QString &completion)
{
    QTextCursor cursor = textCursor();
    cursor.movePosition(QTextCursor::StartOfBlock, QTextCursor::KeepAnchor);
    cursor.insertText(completion + QLatin1Char('='));
    setTextCursor(cursor);
}

} // namespace mien
