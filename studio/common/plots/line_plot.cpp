#include "studio/common/plots/line_plot.h"

#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

constexpr double kSwatch = 12; // The piece of line before its name.

QColor faded(QColor colour, double alpha)
{
    colour.setAlphaF(static_cast<float>(alpha));
    return colour;
}

QString number(double value)
{
    const QLocale locale;
    if (std::abs(value - std::round(value)) < 1e-9 && std::abs(value) < 1e6)
        return locale.toString(static_cast<qlonglong>(std::llround(value)));
    return locale.toString(value, 'g', 3);
}

} // namespace

std::vector<double> niceTicks(double low, double high, int count)
{
    if (!(high > low) || count < 1)
        return {low};
    const double rough = (high - low) / count;
    const double magnitude = std::pow(10.0, std::floor(std::log10(rough)));
    const double fraction = rough / magnitude;
    const double step = (fraction <= 1 ? 1 : fraction <= 2 ? 2 : fraction <= 5 ? 5 : 10) * magnitude;
    std::vector<double> ticks;
    for (double k = std::ceil(low / step - 1e-9); k * step <= high + step * 1e-9; ++k)
        ticks.push_back(std::abs(k) < 0.5 ? 0.0 : k * step);
    return ticks;
}

QString tickText(double tick, const std::vector<double> &ticks)
{
    // As many digits as tell a tick from the next one: four gridlines that all say 2.1 say nothing.
    if (ticks.size() < 2)
        return number(tick);
    const double step = ticks[1] - ticks[0];
    const int decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
    return QLocale().toString(tick, 'f', decimals);
}

std::vector<QPointF> smoothed(const std::vector<QPointF> &points, double strength)
{
    std::vector<QPointF> result;
    result.reserve(points.size());
    const double keep = std::clamp(strength, 0.0, 0.999);
    double sum = 0, weight = 0; // the weight corrects for the start, where little has been averaged
    for (const QPointF &point : points) {
        sum = keep * sum + (1 - keep) * point.y();
        weight = keep * weight + (1 - keep);
        result.emplace_back(point.x(), sum / weight);
    }
    return result;
}

LinePlot::LinePlot(QWidget *parent)
    : QWidget(parent)
    , m_emptyText(tr("No values yet"))
{
    setMouseTracking(true);
    setFocusPolicy(Qt::TabFocus);
}

void LinePlot::setTitle(const QString &title)
{
    m_title = title;
    setAccessibleName(title);
    update();
}

void LinePlot::setAxes(const QString &xName, const QString &yName)
{
    m_xName = xName;
    m_yName = yName;
    update();
}

void LinePlot::setLines(std::vector<PlotLine> lines)
{
    m_lines = std::move(lines);
    fitRanges();
    QStringList last;
    for (const PlotLine &line : m_lines) {
        if (!line.points.empty())
            last << tr("%1 %2").arg(line.name, number(line.points.back().y()));
    }
    setAccessibleDescription(last.join(QStringLiteral(", ")));
    update();
}

void LinePlot::setSections(std::vector<PlotSection> sections)
{
    m_sections = std::move(sections);
    fitRanges();
    update();
}

std::size_t LinePlot::sectionOf(double x) const
{
    std::size_t section = 0;
    while (section + 1 < m_sections.size() && x >= m_sections[section + 1].from)
        ++section;
    return section;
}

void LinePlot::paintSections(QPainter &painter, const QColor &line, const QColor &words) const
{
    if (m_sections.size() < 2)
        return;
    const QFontMetricsF metrics(font());
    const QRectF area = plotArea();
    for (std::size_t i = 0; i < m_sections.size(); ++i) {
        const double left = i == 0 ? area.left() : positionOf({m_sections[i].from - 0.5, m_yLow}).x();
        const double right =
            i + 1 < m_sections.size() ? positionOf({m_sections[i + 1].from - 0.5, m_yLow}).x() : area.right();
        if (i > 0) {
            painter.setPen(QPen(line, 1));
            painter.drawLine(QPointF(left, area.top()), QPointF(left, area.bottom()));
        }
        if (metrics.horizontalAdvance(m_sections[i].name) + 8 > right - left)
            continue;
        painter.setPen(words);
        painter.drawText(QPointF(left + 4, area.top() + metrics.ascent() - metrics.height()), m_sections[i].name);
    }
}

void LinePlot::paintBand(QPainter &painter) const
{
    if (m_band.empty() || m_lines.empty())
        return;
    QPolygonF outline;
    for (const PlotBand &at : m_band)
        outline << positionOf({at.x, at.high});
    for (auto at = m_band.rbegin(); at != m_band.rend(); ++at)
        outline << positionOf({at->x, at->low});
    painter.setPen(Qt::NoPen);
    painter.setBrush(faded(m_lines.front().colour, 0.18));
    painter.drawPolygon(outline);
}

void LinePlot::paintMarker(QPainter &painter) const
{
    if (!m_marker)
        return;
    const QRectF area = plotArea();
    const double x = positionOf({*m_marker, m_yLow}).x();
    const QColor colour = palette().color(QPalette::Highlight);
    painter.setPen(QPen(colour, 2));
    painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
    painter.setBrush(colour);
    painter.drawRoundedRect(QRectF(x - 4, area.center().y() - 9, 8, 18), 3, 3); // a handle
    painter.setBrush(Qt::NoBrush);
}

void LinePlot::setSmoothing(double strength)
{
    m_smoothing = strength;
    fitRanges();
    update();
}

void LinePlot::setEmptyText(const QString &text)
{
    m_emptyText = text;
    update();
}

void LinePlot::setBand(std::vector<PlotBand> band)
{
    m_band = std::move(band);
    fitRanges();
    update();
}

void LinePlot::setMarker(std::optional<double> x)
{
    m_marker = x;
    setCursor(x ? Qt::SplitHCursor : Qt::ArrowCursor);
    update();
}

void LinePlot::setYRange(std::optional<std::pair<double, double>> range)
{
    m_fixedY = range;
    fitRanges();
    update();
}

QSize LinePlot::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 60, fontMetrics().height() * 12};
}

QSize LinePlot::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * 28, fontMetrics().height() * 7};
}

void LinePlot::fitRanges()
{
    m_smooth.clear();
    m_xLow = m_yLow = std::numeric_limits<double>::infinity();
    m_xHigh = m_yHigh = -m_xLow;
    for (const PlotLine &line : m_lines) {
        std::vector<QPointF> &smooth = m_smooth.emplace_back();
        for (auto begin = line.points.begin(); begin != line.points.end();) {
            const auto end = std::find_if(begin, line.points.end(), [&](const QPointF &point) {
                return sectionOf(point.x()) != sectionOf(begin->x());
            });
            const auto part = smoothed({begin, end}, m_smoothing);
            smooth.insert(smooth.end(), part.begin(), part.end());
            begin = end;
        }
        for (const QPointF &point : line.points) {
            m_xLow = std::min(m_xLow, point.x());
            m_xHigh = std::max(m_xHigh, point.x());
            m_yLow = std::min(m_yLow, point.y());
            m_yHigh = std::max(m_yHigh, point.y());
        }
    }
    for (const PlotBand &at : m_band) {
        m_yLow = std::min(m_yLow, at.low);
        m_yHigh = std::max(m_yHigh, at.high);
    }
    if (!(m_xHigh >= m_xLow)) {
        m_xLow = m_yLow = 0;
        m_xHigh = m_yHigh = 1;
    }
    if (m_xHigh - m_xLow < 1e-12)
        m_xHigh = m_xLow + 1;
    if (m_fixedY) {
        m_yLow = m_fixedY->first;
        m_yHigh = m_fixedY->second;
    } else {
        const double spare = std::max((m_yHigh - m_yLow) * 0.08, 1e-6);
        m_yLow -= spare;
        m_yHigh += spare;
    }
}

QRectF LinePlot::plotArea() const
{
    const QFontMetricsF metrics(font());
    double left = 0;
    const auto yTicks = niceTicks(m_yLow, m_yHigh, 4);
    for (const double tick : yTicks)
        left = std::max(left, metrics.horizontalAdvance(tickText(tick, yTicks)));
    double right = 0;
    for (const PlotLine &line : m_lines)
        right = std::max(right, metrics.horizontalAdvance(line.name) + kSwatch + 4);
    const double top = metrics.height() * ((m_title.isEmpty() ? 0.6 : 1.9) + (m_sections.size() > 1 ? 0.8 : 0));
    return QRectF(rect()).adjusted(left + 12, top, -(right + 16), -metrics.height() * 1.5 - 4);
}

QPointF LinePlot::positionOf(const QPointF &value) const
{
    const QRectF area = plotArea();
    return {area.left() + (value.x() - m_xLow) / (m_xHigh - m_xLow) * area.width(),
            area.bottom() - (value.y() - m_yLow) / (m_yHigh - m_yLow) * area.height()};
}

std::vector<double> LinePlot::allX() const
{
    std::vector<double> values;
    for (const PlotLine &line : m_lines) {
        for (const QPointF &point : line.points)
            values.push_back(point.x());
    }
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
}

std::optional<double> LinePlot::xAt(const QPointF &position) const
{
    const std::vector<double> values = allX();
    if (values.empty() || !plotArea().adjusted(-8, -8, 8, 8).contains(position))
        return std::nullopt;
    return *std::min_element(values.begin(), values.end(), [&](double a, double b) {
        return std::abs(positionOf({a, 0}).x() - position.x()) < std::abs(positionOf({b, 0}).x() - position.x());
    });
}

void LinePlot::readOff(std::optional<double> x)
{
    if (m_hoverX == x)
        return;
    m_hoverX = x;
    update();
}

void LinePlot::moveMarker(const QPointF &position)
{
    const QRectF area = plotArea();
    const double share = std::clamp((position.x() - area.left()) / std::max(1.0, area.width()), 0.0, 1.0);
    m_marker = m_xLow + share * (m_xHigh - m_xLow);
    update();
    Q_EMIT markerMoved(*m_marker);
}

void LinePlot::mousePressEvent(QMouseEvent *event)
{
    if (m_marker && event->button() == Qt::LeftButton)
        moveMarker(event->position());
    else
        QWidget::mousePressEvent(event);
}

void LinePlot::mouseMoveEvent(QMouseEvent *event)
{
    if (m_marker && event->buttons() & Qt::LeftButton) {
        moveMarker(event->position());
        return;
    }
    readOff(xAt(event->position()));
}

void LinePlot::leaveEvent(QEvent *)
{
    readOff(std::nullopt);
}

void LinePlot::keyPressEvent(QKeyEvent *event)
{
    const std::vector<double> values = allX();
    if (values.empty() || (event->key() != Qt::Key_Left && event->key() != Qt::Key_Right)) {
        QWidget::keyPressEvent(event);
        return;
    }
    const auto here = m_hoverX ? std::lower_bound(values.begin(), values.end(), *m_hoverX) : values.end() - 1;
    std::ptrdiff_t index = here - values.begin();
    if (m_hoverX)
        index += event->key() == Qt::Key_Right ? 1 : -1;
    index = std::clamp<std::ptrdiff_t>(index, 0, static_cast<std::ptrdiff_t>(values.size()) - 1);
    readOff(values[static_cast<std::size_t>(index)]);
}

void LinePlot::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor text = palette().color(QPalette::Text);
    const QColor secondary = faded(text, 0.65);
    const QFontMetricsF metrics(font());
    const QRectF area = plotArea();

    if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
        const double below = m_title.isEmpty() ? 1 : metrics.height() * 1.3; // not through the title
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, below, -1, -1), 4, 4);
    }
    if (!m_title.isEmpty()) {
        QFont bold = font();
        bold.setWeight(QFont::DemiBold);
        painter.setFont(bold);
        painter.setPen(text);
        painter.drawText(QPointF(0, metrics.ascent()), m_title);
        painter.setFont(font());
        if (!m_yName.isEmpty()) {
            painter.setPen(secondary);
            const double after = QFontMetricsF(bold).horizontalAdvance(m_title) + 8;
            painter.drawText(QPointF(after, metrics.ascent()), m_yName);
        }
    }

    const bool empty = std::all_of(m_lines.begin(), m_lines.end(), [](const PlotLine &l) { return l.points.empty(); });
    painter.setPen(QPen(faded(text, 0.12), 1));
    painter.drawLine(area.bottomLeft(), area.bottomRight());
    if (empty) {
        painter.setPen(secondary);
        painter.drawText(area, Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
        return;
    }
    const auto yTicks = niceTicks(m_yLow, m_yHigh, 4);
    for (const double tick : yTicks) {
        const double y = positionOf({m_xLow, tick}).y();
        painter.setPen(QPen(faded(text, 0.08), 1));
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
        painter.setPen(secondary);
        const QString label = tickText(tick, yTicks);
        painter.drawText(QPointF(area.left() - 6 - metrics.horizontalAdvance(label),
                                 y + metrics.ascent() / 2 - metrics.descent() / 2),
                         label);
    }
    const int xTicks = std::max(2, static_cast<int>(area.width() / (metrics.averageCharWidth() * 12)));
    for (const double tick : niceTicks(m_xLow, m_xHigh, xTicks)) {
        if (m_xHigh - m_xLow >= 1 && std::abs(tick - std::round(tick)) > 1e-9)
            continue; // epochs and steps are whole
        const double x = positionOf({tick, m_yLow}).x();
        const QString label = number(tick);
        painter.setPen(secondary);
        painter.drawText(QPointF(x - metrics.horizontalAdvance(label) / 2, area.bottom() + 4 + metrics.ascent()),
                         label);
    }
    if (!m_xName.isEmpty()) {
        painter.setPen(secondary);
        painter.drawText(QPointF(area.right() + 16, area.bottom() + 4 + metrics.ascent()), m_xName);
    }

    paintSections(painter, faded(text, 0.2), secondary);

    paintBand(painter);
    paintMarker(painter);

    std::vector<std::pair<double, std::size_t>> ends;
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        const PlotLine &line = m_lines[i];
        if (line.points.empty())
            continue;
        painter.setPen(Qt::NoPen);
        painter.setBrush(faded(line.colour, 0.3));
        for (const QPointF &point : line.points)
            painter.drawEllipse(positionOf(point), 2, 2);
        QPainterPath path(positionOf(m_smooth[i].front()));
        std::size_t section = sectionOf(m_smooth[i].front().x());
        for (const QPointF &point : m_smooth[i]) {
            const std::size_t here = sectionOf(point.x());
            if (here == section)
                path.lineTo(positionOf(point));
            else
                path.moveTo(positionOf(point));
            section = here;
        }
        painter.setBrush(Qt::NoBrush);
        // The second line is dashed, so that colour is not the only sign.
        painter.setPen(QPen(line.colour, 2, i == 0 ? Qt::SolidLine : Qt::DashLine, Qt::RoundCap, Qt::RoundJoin));
        painter.drawPath(path);
        ends.emplace_back(positionOf(m_smooth[i].back()).y(), i);
    }
    std::sort(ends.begin(), ends.end());
    for (std::size_t k = 1; k < ends.size(); ++k)
        ends[k].first = std::max(ends[k].first, ends[k - 1].first + metrics.height());
    for (const auto &[y, i] : ends) {
        // The colour stands beside the word: as its own colour the word would be too faint to read.
        const double x = positionOf(m_smooth[i].back()).x() + 6;
        painter.setPen(QPen(m_lines[i].colour, 2, i == 0 ? Qt::SolidLine : Qt::DotLine));
        painter.drawLine(QPointF(x, y), QPointF(x + kSwatch, y));
        painter.setPen(text);
        painter.drawText(QPointF(x + kSwatch + 4, y + metrics.ascent() / 2 - metrics.descent() / 2), m_lines[i].name);
    }

    if (!m_hoverX)
        return;
    const double x = positionOf({*m_hoverX, m_yLow}).x();
    painter.setPen(QPen(faded(text, 0.35), 1));
    painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
    QStringList parts{m_xName.isEmpty() ? number(*m_hoverX) : tr("%1 %2").arg(m_xName, number(*m_hoverX))};
    for (const PlotLine &line : m_lines) {
        const auto found = std::find_if(line.points.begin(), line.points.end(),
                                        [this](const QPointF &p) { return std::abs(p.x() - *m_hoverX) < 1e-9; });
        if (found == line.points.end())
            continue;
        painter.setBrush(line.colour);
        painter.setPen(QPen(palette().color(QPalette::Base), 1.5));
        painter.drawEllipse(positionOf(*found), 4, 4);
        parts << tr("%1 %2").arg(line.name, QLocale().toString(found->y(), 'g', 4));
    }
    const QString reading = parts.join(QStringLiteral("   "));
    const double width = metrics.horizontalAdvance(reading) + 16;
    QRectF box(std::clamp(x + 8, area.left(), std::max(area.left(), rect().width() - width - 2.0)), area.top(), width,
               metrics.height() + 8);
    painter.setPen(QPen(faded(text, 0.2), 1));
    painter.setBrush(palette().color(QPalette::Base));
    painter.drawRoundedRect(box, 4, 4);
    painter.setPen(text);
    painter.drawText(box, Qt::AlignCenter, reading);
}

} // namespace mien
