#include "studio/common/step_header.h"

#include "studio/common/theme.h"

#include <QPainter>

namespace mien {

StepHeader::StepHeader(QStringList steps, QWidget *parent)
    : QWidget(parent)
    , m_steps(std::move(steps))
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setCurrent(0);
}

void StepHeader::setCurrent(int step)
{
    m_current = step;
    setAccessibleName(tr("Step %1 of %2: %3").arg(step + 1).arg(m_steps.size()).arg(m_steps.value(step)));
    update();
}

QSize StepHeader::sizeHint() const
{
    return {Theme::space(24) * 10, fontMetrics().height() + Theme::space(8)};
}

void StepHeader::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const ThemeColors &colors = Theme::instance().colors();
    const double disc = fontMetrics().height() + 4;
    double x = 0;
    for (int i = 0; i < m_steps.size(); ++i) {
        const bool now = i == m_current;
        const QRectF circle(x + 1, (height() - disc) / 2, disc, disc);
        painter.setPen(now ? QPen(Qt::NoPen) : QPen(colors.secondary, 1));
        painter.setBrush(now ? QBrush(colors.accent) : QBrush(Qt::NoBrush));
        painter.drawEllipse(circle);
        painter.setFont(Theme::instance().font(now ? Theme::Type::Heading : Theme::Type::Body));
        painter.setPen(now ? colors.onAccent : colors.secondary);
        painter.drawText(circle, Qt::AlignCenter, i < m_current ? QStringLiteral("✓") : QString::number(i + 1));
        painter.setPen(now ? colors.text : colors.secondary);
        const double width = painter.fontMetrics().horizontalAdvance(m_steps[i]);
        painter.drawText(QRectF(circle.right() + 6, 0, width + 2, height()), Qt::AlignVCenter, m_steps[i]);
        x = circle.right() + 6 + width + Theme::space(12);
        if (i + 1 < m_steps.size()) {
            painter.setPen(QPen(colors.separator, 1));
            painter.drawLine(QPointF(x, height() / 2.0), QPointF(x + Theme::space(24), height() / 2.0));
            x += Theme::space(24) + Theme::space(12);
        }
    }
}

} // namespace mien
