#include "studio/common/filter_field.h"

#include "studio/common/icons.h"
#include "studio/common/theme.h"

#include "pipeline/store/filter.h"

#include <QAction>
#include <QCoreApplication>
#include <QInputMethodEvent>
#include <QKeyEvent>
#include <QListWidget>
#include <QRegularExpression>
#include <QTextCharFormat>
#include <QTimer>

namespace mien {

namespace {

QString tokenBefore(const QString &text)
{
    qsizetype from = text.size();
    while (from > 0 && !text[from - 1].isSpace() && text[from - 1] != QLatin1Char('('))
        --from;
    return text.mid(from);
}

} // namespace

FilterField::FilterField(QWidget *parent)
    : QLineEdit(parent)
    , m_pause(new QTimer(this))
    , m_popup(new QListWidget(this))
{
    setAccessibleName(tr("Filter"));
    setPlaceholderText(tr("Filter, e.g. flag:open label:fear suspicion>0.8"));
    setClearButtonEnabled(true);
    setWhatsThis(tr("Words match the source; field:value, field>number, NOT, OR and parentheses narrow it down."));
    addAction(icon(QStringLiteral("filter")), QLineEdit::LeadingPosition);
    m_pause->setSingleShot(true);
    m_pause->setInterval(250);
    connect(m_pause, &QTimer::timeout, this, &FilterField::choose);
    m_popup->setWindowFlags(Qt::ToolTip);
    m_popup->setFocusPolicy(Qt::NoFocus);
    m_popup->setObjectName(QStringLiteral("filterCompletions"));
    m_popup->setAccessibleName(tr("Possible continuations"));
    connect(m_popup, &QListWidget::itemClicked, this, [this](const QListWidgetItem *item) { take(item->text()); });
    connect(this, &QLineEdit::textEdited, this, [this] {
        m_pause->start();
        offer();
    });
    connect(this, &QLineEdit::textChanged, this, [this](const QString &text) {
        if (text.isEmpty() && !m_chosen.isEmpty())
            m_pause->start(); // The clear button edits without textEdited.
    });
}

FilterField::~FilterField() = default;

void FilterField::setSession(ProjectSession *session)
{
    m_classes = session ? session->classes() : std::vector<ExpressionClass>();
}

void FilterField::setClasses(const std::vector<ExpressionClass> &classes)
{
    m_classes = classes;
}

void FilterField::setFilter(const QString &filter)
{
    setText(filter);
    choose();
}

void FilterField::choose()
{
    m_pause->stop();
    const QString text = this->text().trimmed();
    if (text == m_chosen)
        return;
    m_chosen = text;
    setProblem({});
    Q_EMIT filterChosen(text);
}

void FilterField::setProblem(const QString &message)
{
    if (message == m_problem)
        return;
    m_problem = message;
    Theme::mark(this, "wrong", !message.isEmpty());
    setToolTip(message);
    setAccessibleDescription(message);
    static const QRegularExpression position(QStringLiteral("position (\\d+)"),
                                             QRegularExpression::CaseInsensitiveOption);
    const auto match = position.match(message);
    markPosition(match.hasMatch() ? match.captured(1).toInt() - 1 : -1);
    Q_EMIT problemChanged(message);
}

void FilterField::markPosition(int position)
{
    QList<QInputMethodEvent::Attribute> attributes;
    if (position >= 0 && position < text().size()) {
        qsizetype end = position;
        while (end < text().size() && !text()[end].isSpace())
            ++end;
        QTextCharFormat format;
        format.setUnderlineStyle(QTextCharFormat::WaveUnderline);
        format.setUnderlineColor(Theme::instance().colors().danger);
        format.setForeground(Theme::instance().colors().danger);
        attributes.append({QInputMethodEvent::TextFormat, position - cursorPosition(), int(end) - position, format});
    }
    // The only way a line edit takes formats: as if an input method had set them.
    QInputMethodEvent event({}, attributes);
    QCoreApplication::sendEvent(this, &event);
}

QStringList FilterField::completions(const QString &textBeforeCursor) const
{
    QString token = tokenBefore(textBeforeCursor);
    const bool negated = token.startsWith(QLatin1Char('-'));
    if (negated)
        token.remove(0, 1);
    const qsizetype colon = token.indexOf(QLatin1Char(':'));
    QStringList found;
    if (colon < 0) {
        if (token.isEmpty())
            return {};
        for (const std::string &field : filterFields()) {
            const QString name = QString::fromStdString(field);
            if (name.startsWith(token, Qt::CaseInsensitive))
                found << name + QLatin1Char(':');
        }
        return found;
    }
    const QString field = token.left(colon).toLower(), value = token.mid(colon + 1);
    QStringList values;
    if (field == QStringLiteral("label") || field == QStringLiteral("given") || field == QStringLiteral("predicted") ||
        field == QStringLiteral("suggested")) {
        for (const ExpressionClass &expression : m_classes)
            values << QString::fromStdString(expression.name);
        if (field == QStringLiteral("label"))
            values << QStringLiteral("unsure") << QStringLiteral("not_a_face") << QStringLiteral("unlabeled");
    } else if (field == QStringLiteral("flag")) {
        values = {QStringLiteral("open"), QStringLiteral("accepted"), QStringLiteral("rejected")};
    } else if (field == QStringLiteral("split")) {
        values = {QStringLiteral("train"), QStringLiteral("val"), QStringLiteral("test")};
    } else if (field == QStringLiteral("reviewed") || field == QStringLiteral("duplicate") ||
               field == QStringLiteral("excluded")) {
        values = {QStringLiteral("yes"), QStringLiteral("no")};
    } else if (field == QStringLiteral("near_duplicate")) {
        values = {QStringLiteral("yes"), QStringLiteral("no"), QStringLiteral("conflict"),
                  QStringLiteral("across_splits")};
    }
    for (const QString &candidate : values) {
        if (candidate.startsWith(value, Qt::CaseInsensitive) && candidate != value)
            found << field + QLatin1Char(':') + candidate;
    }
    return found;
}

void FilterField::offer()
{
    const QStringList offers = completions(text().left(cursorPosition()));
    m_popup->clear();
    if (offers.isEmpty() || !hasFocus()) {
        m_popup->hide();
        return;
    }
    m_popup->addItems(offers);
    const int rows = std::min<int>(8, int(offers.size()));
    m_popup->resize(std::max(width() / 3, Theme::space(24) * 8), rows * m_popup->sizeHintForRow(0) + 6);
    const int x = std::min(cursorRect().left(), width() - m_popup->width());
    m_popup->move(mapToGlobal(QPoint(std::max(0, x), height() + 2)));
    m_popup->show();
}

void FilterField::take(const QString &completion)
{
    const int cursor = cursorPosition();
    QString token = tokenBefore(text().left(cursor));
    if (token.startsWith(QLatin1Char('-')))
        token.remove(0, 1);
    QString now = text();
    now.replace(cursor - token.size(), token.size(), completion);
    setText(now);
    setCursorPosition(cursor - int(token.size()) + int(completion.size()));
    m_pause->start();
    if (completion.endsWith(QLatin1Char(':')))
        offer();
    else
        m_popup->hide();
}

void FilterField::keyPressEvent(QKeyEvent *event)
{
    if (m_popup->isVisible()) {
        const int row = m_popup->currentRow();
        switch (event->key()) {
        case Qt::Key_Down: m_popup->setCurrentRow(std::min(row + 1, m_popup->count() - 1)); return;
        case Qt::Key_Up: m_popup->setCurrentRow(std::max(row - 1, 0)); return;
        case Qt::Key_Tab: take(m_popup->item(std::max(row, 0))->text()); return;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (row >= 0) {
                take(m_popup->item(row)->text());
                return;
            }
            break;
        case Qt::Key_Escape: m_popup->hide(); return;
        default: break;
        }
    }
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        m_popup->hide();
        choose();
        return;
    }
    if (event->key() == Qt::Key_Down) {
        choose();
        Q_EMIT left();
        return;
    }
    QLineEdit::keyPressEvent(event);
}

void FilterField::focusOutEvent(QFocusEvent *event)
{
    m_popup->hide();
    QLineEdit::focusOutEvent(event);
}

} // namespace mien
