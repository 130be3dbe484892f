#include "studio/common/plots/histogram.h"

#include "studio/common/theme.h"

#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

constexpr int kBars = 40;
constexpr double kTail = 0.005; // of the values, at either end

/// Three digits that mean something, never as a power of ten.
QString shortly(double value)
{
    const int before = value == 0 ? 1 : int(std::floor(std::log10(std::abs(value)))) + 1;
    return QLocale().toString(value, 'f', std::clamp(3 - before, 0, 4));
}

} // namespace

Histogram::Histogram(QWidget *parent)
    : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    describe();
}

void Histogram::setValues(std::vector<double> sorted)
{
    m_values = std::move(sorted);
    m_bars.assign(kBars, 0);
    m_axisLow = 0;
    m_axisHigh = 1;
    if (!m_values.empty()) {
        const auto at = [this](double share) {
            return m_values[std::min(m_values.size() - 1, std::size_t(share * double(m_values.size())))];
        };
        m_axisLow = at(kTail);
        m_axisHigh = at(1 - kTail);
        if (m_axisHigh <= m_axisLow) { // nearly all are equal
            m_axisLow = m_values.front();
            m_axisHigh = std::max(m_values.back(), m_axisLow + std::max(1e-6, std::abs(m_axisLow) * 1e-6));
        }
    }
    for (const double value : m_values) {
        const double place = (value - m_axisLow) / (m_axisHigh - m_axisLow) * kBars;
        ++m_bars[std::size_t(std::clamp(place, 0.0, kBars - 1.0))];
    }
    describe();
    update();
}

void Histogram::setRange(std::optional<double> low, std::optional<double> high)
{
    if (low == m_low && high == m_high)
        return;
    m_low = low;
    m_high = high;
    describe();
    update();
}

void Histogram::setEnds(Ends ends)
{
    m_ends = ends;
    describe();
    update();
}

void Histogram::setTitle(const QString &title)
{
    m_title = title;
    describe();
}

qint64 Histogram::countInRange() const
{
    const auto first = m_low ? std::lower_bound(m_values.begin(), m_values.end(), *m_low) : m_values.begin();
    const auto last = m_high ? std::upper_bound(m_values.begin(), m_values.end(), *m_high) : m_values.end();
    return std::max<qint64>(0, last - first);
}

void Histogram::describe()
{
    const QLocale locale;
    setAccessibleName(m_title.isEmpty() ? tr("Histogram") : tr("Histogram of %1").arg(m_title));
    const QString keys = m_ends == Ends::Both  ? tr("Arrow keys move its lower end, with Shift its upper end.")
                         : m_ends == Ends::Low ? tr("Arrow keys move its lower end.")
                                               : tr("Arrow keys move its upper end.");
    setAccessibleDescription(
        tr("%1 values from %2 to %3; range from %4 to %5 with %6. %7")
            .arg(locale.toString(qlonglong(m_values.size())), shortly(m_values.empty() ? 0.0 : m_values.front()),
                 shortly(m_values.empty() ? 0.0 : m_values.back()), m_low ? shortly(*m_low) : tr("the lowest"),
                 m_high ? shortly(*m_high) : tr("the highest"), locale.toString(countInRange()), keys));
}

QSize Histogram::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 24, fontMetrics().height() * 6};
}

QSize Histogram::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * 12, fontMetrics().height() * 5};
}

QRectF Histogram::plotArea() const
{
    const double edge = 5;
    return QRectF(rect()).adjusted(edge, 4, -edge, -fontMetrics().height() - 4.0);
}

double Histogram::positionOf(double value) const
{
    const QRectF area = plotArea();
    return area.left() + std::clamp((value - m_axisLow) / (m_axisHigh - m_axisLow), 0.0, 1.0) * area.width();
}

double Histogram::valueAt(double x) const
{
    const QRectF area = plotArea();
    return m_axisLow + (x - area.left()) / area.width() * (m_axisHigh - m_axisLow);
}

void Histogram::move(End end, double value)
{
    std::optional<double> low = m_low, high = m_high;
    // Four digits are what anybody reads off an axis; past its end the range is open.
    const double step = std::pow(10, std::floor(std::log10(m_axisHigh - m_axisLow)) - 2);
    const double rounded = std::round(value / step) * step;
    if (end == End::Low)
        low = value <= m_axisLow ? std::nullopt : std::optional(std::min(rounded, m_high.value_or(m_axisHigh)));
    else
        high = value >= m_axisHigh ? std::nullopt : std::optional(std::max(rounded, m_low.value_or(m_axisLow)));
    if (low == m_low && high == m_high)
        return;
    setRange(low, high);
    Q_EMIT rangeMoved(low, high);
}

void Histogram::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const ThemeColors &colors = Theme::instance().colors();
    const QRectF area = plotArea();
    painter.fillRect(area, colors.canvas);
    const double low = positionOf(m_low.value_or(m_axisLow)), high = positionOf(m_high.value_or(m_axisHigh));
    if (!m_values.empty()) {
        const int most = *std::max_element(m_bars.begin(), m_bars.end());
        const double width = area.width() / kBars;
        for (int bar = 0; bar < kBars; ++bar) {
            if (m_bars[std::size_t(bar)] == 0)
                continue;
            const double height = std::max(1.0, area.height() * m_bars[std::size_t(bar)] / most);
            const QRectF box(area.left() + bar * width, area.bottom() - height, std::max(1.0, width - 1), height);
            const double middle = box.center().x();
            painter.fillRect(box, middle >= low && middle <= high ? colors.accent : colors.secondary);
        }
        QColor veil = colors.panel;
        veil.setAlphaF(.55F);
        painter.fillRect(QRectF(area.topLeft(), QPointF(low, area.bottom())), veil);
        painter.fillRect(QRectF(QPointF(high, area.top()), area.bottomRight()), veil);
        painter.setPen(QPen(colors.text, 2));
        const auto paintEnd = [&](double x) {
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
            painter.fillRect(QRectF(x - 4, area.center().y() - 6, 8, 12), colors.text);
        };
        if (m_ends != Ends::High)
            paintEnd(low);
        if (m_ends != Ends::Low)
            paintEnd(high);
    }
    painter.setPen(colors.secondary);
    painter.setFont(Theme::instance().font(Theme::Type::Secondary));
    const QRectF below(area.left(), area.bottom() + 2, area.width(), fontMetrics().height() + 2.0);
    if (!m_values.empty()) {
        painter.drawText(below, Qt::AlignLeft | Qt::AlignVCenter, shortly(m_axisLow));
        painter.drawText(below, Qt::AlignRight | Qt::AlignVCenter, shortly(m_axisHigh));
    }
    if (hasFocus()) {
        painter.setPen(QPen(colors.accent, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 4, 4);
    }
}

void Histogram::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton || m_values.empty())
        return;
    const double x = event->position().x();
    const double low = positionOf(m_low.value_or(m_axisLow)), high = positionOf(m_high.value_or(m_axisHigh));
    const bool isLow = m_ends == Ends::Both ? std::abs(x - low) <= std::abs(x - high) : m_ends == Ends::Low;
    m_dragged = isLow ? End::Low : End::High;
    move(m_dragged, valueAt(x));
}

void Histogram::mouseMoveEvent(QMouseEvent *event)
{
    setCursor(m_values.empty() ? Qt::ArrowCursor : Qt::SizeHorCursor);
    if (m_dragged != End::None)
        move(m_dragged, valueAt(event->position().x()));
}

void Histogram::mouseReleaseEvent(QMouseEvent *)
{
    m_dragged = End::None;
}

void Histogram::mouseDoubleClickEvent(QMouseEvent *)
{
    m_dragged = End::None;
    setRange({}, {});
    Q_EMIT rangeMoved({}, {});
}

void Histogram::keyPressEvent(QKeyEvent *event)
{
    const bool isHigh = m_ends == Ends::Both ? event->modifiers().testFlag(Qt::ShiftModifier) : m_ends == Ends::High;
    const End end = isHigh ? End::High : End::Low;
    const double from = end == End::Low ? m_low.value_or(m_axisLow) : m_high.value_or(m_axisHigh);
    const double step = (m_axisHigh - m_axisLow) / kBars;
    switch (event->key()) {
    case Qt::Key_Left: move(end, from - step); return;
    case Qt::Key_Right: move(end, from + step); return;
    case Qt::Key_Home: move(end, m_axisLow); return;
    case Qt::Key_End: move(end, m_axisHigh); return;
    default: QWidget::keyPressEvent(event);
    }
}

} // namespace mien
