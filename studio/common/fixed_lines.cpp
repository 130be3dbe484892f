#include "studio/common/fixed_lines.h"

#include <QHelpEvent>
#include <QPainter>
#include <QStyle>
#include <QTextLayout>
#include <QToolTip>

#include <algorithm>

namespace mien {

FixedLines::FixedLines(int lines, QWidget *parent)
    : QLabel(parent)
    , m_lines(lines)
{
    setWordWrap(true);
    setTextFormat(Qt::PlainText);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void FixedLines::setLineCount(int lines)
{
    if (lines == m_lines)
        return;
    m_lines = lines;
    updateGeometry();
    update();
}

QSize FixedLines::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 30, heightForWidth(0)};
}

QSize FixedLines::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * 12, heightForWidth(0)};
}

int FixedLines::heightForWidth(int) const
{
    return fontMetrics().lineSpacing() * m_lines + 2;
}

QStringList FixedLines::shownLines(bool *cut) const
{
    QList<QStringList> paragraphs; // Each in the lines that it needs.
    for (const QString &paragraph : text().split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
        QTextLayout layout(paragraph, font());
        layout.beginLayout();
        QStringList lines;
        for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
            line.setLineWidth(width());
            lines << paragraph.mid(line.textStart(), line.textLength());
        }
        layout.endLayout();
        paragraphs << lines;
    }
    bool isCut = paragraphs.size() > m_lines;
    paragraphs = paragraphs.mid(0, m_lines);
    qsizetype spare = m_lines - paragraphs.size();
    QStringList shown;
    for (const QStringList &lines : std::as_const(paragraphs)) {
        const qsizetype fit = std::min(lines.size(), 1 + spare);
        spare -= fit - 1;
        shown << lines.mid(0, fit - 1);
        const QString rest = lines.mid(fit - 1).join(QString());
        isCut = isCut || fit < lines.size();
        shown << fontMetrics().elidedText(rest, Qt::ElideRight, width());
    }
    if (cut)
        *cut = isCut;
    return shown;
}

bool FixedLines::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QLabel::event(event);
    bool cut = false;
    shownLines(&cut);
    if (cut)
        QToolTip::showText(static_cast<QHelpEvent *>(event)->globalPos(), text(), this);
    else
        QToolTip::hideText();
    return true;
}

void FixedLines::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setPen(palette().color(foregroundRole()));
    int top = 0;
    for (const QString &line : shownLines()) {
        painter.drawText(QRect(0, top, width(), fontMetrics().lineSpacing()), Qt::AlignLeft | Qt::AlignTop, line);
        top += fontMetrics().lineSpacing();
    }
}

} // namespace mien
