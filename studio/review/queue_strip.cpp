#include "studio/review/queue_strip.h"

#include "studio/common/theme.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace mien {

QueueStrip::QueueStrip(QWidget *parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("queueStrip"));
    setAccessibleName(tr("Faces before and after this one"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

int QueueStrip::side() const
{
    return Theme::space(48);
}

int QueueStrip::cellsVisible() const
{
    const int fit = std::max(1, width() / (side() + Theme::space(4)));
    return std::min(25, fit % 2 == 0 ? fit - 1 : fit);
}

void QueueStrip::setCells(std::vector<Cell> cells)
{
    m_cells = std::move(cells);
    update();
}

QSize QueueStrip::sizeHint() const
{
    return {side() * 11, side() + Theme::space(8)};
}

QSize QueueStrip::minimumSizeHint() const
{
    return {side() * 3, side() + Theme::space(8)};
}

QRectF QueueStrip::cellRect(int index) const
{
    // The current face stays in the middle, also at both ends of the queue: nothing moves but the faces.
    int middle = 0;
    for (int i = 0; i < static_cast<int>(m_cells.size()); ++i) {
        if (m_cells[static_cast<std::size_t>(i)].current)
            middle = i;
    }
    const int step = side() + Theme::space(4);
    return QRectF((width() - side()) / 2.0 + (index - middle) * step, Theme::space(4), side(), side());
}

void QueueStrip::paintEvent(QPaintEvent *)
{
    using Outcome = ReviewQueue::Outcome;
    QPainter painter(this);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    const ThemeColors &colors = Theme::instance().colors();
    QFont small = Theme::instance().font(Theme::Type::Secondary);
    small.setPointSizeF(small.pointSizeF() * 0.85);
    painter.setFont(small);
    for (int i = 0; i < static_cast<int>(m_cells.size()); ++i) {
        const Cell &cell = m_cells[static_cast<std::size_t>(i)];
        const QRectF box = cellRect(i);
        painter.setPen(Qt::NoPen);
        painter.setBrush(colors.canvas);
        painter.drawRect(box);
        if (!cell.thumbnail.isNull()) {
            QSizeF size = QSizeF(cell.thumbnail.size()).scaled(box.size(), Qt::KeepAspectRatio);
            QRectF face(QPointF(), size);
            face.moveCenter(box.center());
            painter.setOpacity(cell.outcome == Outcome::None || cell.current ? 1.0 : 0.55);
            painter.drawImage(face, cell.thumbnail);
            painter.setOpacity(1.0);
        }
        QString sign;
        switch (cell.outcome) {
        case Outcome::Kept: sign = QStringLiteral("✓"); break;
        case Outcome::Unsure: sign = QStringLiteral("?"); break;
        case Outcome::NotAFace: sign = QStringLiteral("✕"); break;
        case Outcome::Skipped: sign = QStringLiteral("»"); break;
        case Outcome::Changed:
        case Outcome::None: break;
        }
        if (cell.answer) {
            const ClassLook look = Theme::instance().lookOf(*cell.answer);
            painter.save();
            const double height = Theme::chipHeight(small);
            Theme::paintChip(painter, QPointF(box.left() + 2, box.bottom() - height - 2), look, ChipStyle::Filled);
            painter.restore();
        }
        if (!sign.isEmpty() && !(cell.answer && cell.outcome == Outcome::Changed)) {
            const QRectF badge(box.right() - 17, box.top() + 1, 16, 16);
            painter.setPen(Qt::NoPen);
            painter.setBrush(colors.panel);
            painter.drawEllipse(badge);
            painter.setPen(cell.outcome == Outcome::Kept ? colors.good : colors.secondary);
            painter.drawText(badge, Qt::AlignCenter, sign);
        }
        if (cell.current) {
            painter.setPen(QPen(colors.accent, 2));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(box.adjusted(-2, -2, 2, 2), 3, 3);
        }
    }
}

void QueueStrip::mouseReleaseEvent(QMouseEvent *event)
{
    for (int i = 0; i < static_cast<int>(m_cells.size()); ++i) {
        if (cellRect(i).contains(event->position())) {
            Q_EMIT chosen(m_cells[static_cast<std::size_t>(i)].position);
            return;
        }
    }
}

void QueueStrip::resizeEvent(QResizeEvent *)
{
    Q_EMIT resized();
}

} // namespace mien
