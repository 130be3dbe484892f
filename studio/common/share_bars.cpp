#include "studio/common/share_bars.h"

#include "studio/common/theme.h"

#include <QPainter>

#include <algorithm>

namespace mien {

ShareBars::ShareBars(std::vector<Bar> bars, const QString &name, QWidget *parent)
    : QWidget(parent)
{
    setAccessibleName(name);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setBars(std::move(bars));
}

void ShareBars::setBars(std::vector<Bar> bars)
{
    m_bars = std::move(bars);
    QStringList said;
    for (const Bar &bar : m_bars)
        said << bar.name + QLatin1Char(' ') + bar.value;
    setAccessibleDescription(said.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

double ShareBars::rowHeight() const
{
    return fontMetrics().height() * 1.25;
}

QSize ShareBars::sizeHint() const
{
    return {Theme::space(24) * 5, int(double(m_bars.size()) * rowHeight())};
}

void ShareBars::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const ThemeColors &colors = Theme::instance().colors();
    double nameWidth = 0, valueWidth = 0;
    for (const Bar &bar : m_bars) {
        nameWidth = std::max(nameWidth, double(fontMetrics().horizontalAdvance(bar.name)));
        valueWidth = std::max(valueWidth, double(fontMetrics().horizontalAdvance(bar.value)));
    }
    double y = 0;
    for (const Bar &bar : m_bars) {
        painter.setPen(palette().color(isEnabled() ? QPalette::Active : QPalette::Disabled, QPalette::WindowText));
        painter.drawText(QRectF(0, y, nameWidth + 1, rowHeight()), Qt::AlignVCenter, bar.name);
        painter.drawText(QRectF(width() - valueWidth - 1, y, valueWidth + 1, rowHeight()),
                         Qt::AlignVCenter | Qt::AlignRight, bar.value);
        const QRectF groove(nameWidth + 8, y + rowHeight() * .35, width() - nameWidth - valueWidth - 16,
                            rowHeight() * .3);
        painter.setPen(Qt::NoPen);
        painter.setBrush(colors.separator);
        painter.drawRoundedRect(groove, 2, 2);
        painter.setBrush(bar.color);
        painter.drawRoundedRect(
            QRectF(groove.topLeft(), QSizeF(groove.width() * std::clamp(bar.share, 0.0, 1.0), groove.height())), 2, 2);
        y += rowHeight();
    }
}

} // namespace mien
