#include "studio/common/plots/bar_list.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace mien {

BarList::BarList(QWidget *parent)
    : QWidget(parent)
{
    setFocusPolicy(Qt::NoFocus); // until there are bars
    setMouseTracking(true);
    setAccessibleName(tr("Bars"));
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void BarList::setBars(std::vector<Bar> bars, double maximum)
{
    m_bars = std::move(bars);
    m_maximum = maximum > 0 ? maximum : 1;
    m_cursor = 0;
    setFocusPolicy(m_bars.empty() ? Qt::NoFocus : Qt::StrongFocus);
    m_hover.reset();
    updateGeometry();
    update();
}

int BarList::rowHeight() const
{
    return static_cast<int>(fontMetrics().height() * 1.6);
}

QRectF BarList::rowRect(int bar) const
{
    return QRectF(0, bar * rowHeight(), width(), rowHeight());
}

std::optional<int> BarList::barAt(const QPointF &position) const
{
    const int bar = static_cast<int>(position.y()) / rowHeight();
    if (position.y() < 0 || bar >= static_cast<int>(m_bars.size()) || !QRectF(rect()).contains(position))
        return std::nullopt;
    return bar;
}

QSize BarList::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 44, rowHeight() * static_cast<int>(m_bars.size())};
}

QSize BarList::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * 26, rowHeight() * static_cast<int>(m_bars.size())};
}

void BarList::setCursorBar(int bar)
{
    m_cursor = std::clamp(bar, 0, static_cast<int>(m_bars.size()) - 1);
    const Bar &at = m_bars[static_cast<std::size_t>(m_cursor)];
    setAccessibleDescription(at.name + QStringLiteral(": ") + at.text);
    update();
}

void BarList::mouseReleaseEvent(QMouseEvent *event)
{
    const auto bar = barAt(event->position());
    if (!bar || event->button() != Qt::LeftButton)
        return;
    setCursorBar(*bar);
    Q_EMIT barActivated(*bar);
}

void BarList::mouseMoveEvent(QMouseEvent *event)
{
    const auto bar = barAt(event->position());
    setCursor(bar ? Qt::PointingHandCursor : Qt::ArrowCursor);
    if (bar != m_hover) {
        m_hover = bar;
        update();
    }
}

void BarList::leaveEvent(QEvent *)
{
    m_hover.reset();
    update();
}

void BarList::keyPressEvent(QKeyEvent *event)
{
    if (m_bars.empty())
        return QWidget::keyPressEvent(event);
    switch (event->key()) {
    case Qt::Key_Up: return setCursorBar(m_cursor - 1);
    case Qt::Key_Down: return setCursorBar(m_cursor + 1);
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space: Q_EMIT barActivated(m_cursor); return;
    default: QWidget::keyPressEvent(event);
    }
}

void BarList::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QFontMetricsF metrics(font());
    double nameWidth = 0, textWidth = 0;
    for (const Bar &bar : m_bars) {
        nameWidth = std::max(nameWidth, metrics.horizontalAdvance(bar.name));
        textWidth = std::max(textWidth, metrics.horizontalAdvance(bar.text));
    }
    const QColor text = palette().color(QPalette::Text);
    QColor track = text;
    track.setAlphaF(0.08f);
    QColor otherColour = text;
    otherColour.setAlphaF(0.45f);
    for (int i = 0; i < static_cast<int>(m_bars.size()); ++i) {
        const Bar &bar = m_bars[static_cast<std::size_t>(i)];
        const QRectF row = rowRect(i).adjusted(4, 0, -4, 0);
        painter.setPen(text);
        painter.drawText(row, Qt::AlignVCenter | Qt::AlignLeft, bar.name);
        painter.drawText(row, Qt::AlignVCenter | Qt::AlignRight, bar.text);
        QRectF space(row.left() + nameWidth + 12, 0, row.width() - nameWidth - textWidth - 24, metrics.height() * 0.5);
        space.moveTop(row.center().y() - space.height() / 2);
        painter.setPen(Qt::NoPen);
        painter.setBrush(track);
        painter.drawRoundedRect(space, 2, 2);
        const auto part = [&](double value) { return space.width() * std::clamp(value / m_maximum, 0.0, 1.0); };
        painter.setBrush(bar.colour);
        const double mainHeight = bar.other ? space.height() * 0.62 : space.height();
        painter.drawRoundedRect(QRectF(space.topLeft(), QSizeF(part(bar.value), mainHeight)), 2, 2);
        if (bar.other) {
            painter.setBrush(otherColour);
            painter.drawRect(
                QRectF(space.left(), space.top() + mainHeight + 1, part(*bar.other), space.height() * 0.3));
        }
        if (m_hover == i || (hasFocus() && m_cursor == i)) {
            painter.setBrush(Qt::NoBrush);
            const bool focused = hasFocus() && m_cursor == i;
            painter.setPen(QPen(focused ? palette().color(QPalette::Highlight) : otherColour, focused ? 2 : 1));
            painter.drawRoundedRect(rowRect(i).adjusted(1, 1, -1, -1), 4, 4);
        }
    }
}

} // namespace mien
