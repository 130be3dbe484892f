#include "studio/common/plots/strip_plot.h"

#include "studio/common/plots/line_plot.h"
#include "studio/common/theme.h"

#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

constexpr int kLanes = 3;

QColor faded(QColor colour, double alpha)
{
    colour.setAlphaF(static_cast<float>(alpha));
    return colour;
}

Qt::BrushStyle hatchOf(EyesAgainstLabel kind)
{
    return kind == EyesAgainstLabel::PlainlyOpen ? Qt::BDiagPattern : Qt::FDiagPattern;
}

QString wordsOf(EyesAgainstLabel kind)
{
    return kind == EyesAgainstLabel::PlainlyOpen ? StripPlot::tr("doubt: labelled drowsy, eyes plainly open")
                                                 : StripPlot::tr("doubt: labelled alert, eyes closed for long");
}

QString percent(double share)
{
    return StripPlot::tr("%1 %").arg(qRound(share * 100)).replace(QLatin1Char(' '), QChar(QChar::Nbsp));
}

QString degrees(double angleDeg)
{
    return StripPlot::tr("%1°").arg(QLocale().toString(angleDeg, 'f', 0));
}

} // namespace

struct StripPlot::Curve
{
    QString name; ///< Empty: the lane has but this one.
    const std::vector<double> *values = nullptr;
    QColor colour;
    Qt::PenStyle pen = Qt::SolidLine;
};

struct StripPlot::Lane
{
    QString name;
    double low = 0, high = 1;
    QString lowText, highText;
    std::vector<Curve> curves;
};

QString videoTimeText(double timeS, bool milliseconds)
{
    const QLocale locale;
    const double rounded = milliseconds ? std::round(timeS * 1000) / 1000 : std::round(timeS);
    const int minutes = int(rounded / 60);
    const QString seconds = locale.toString(rounded - 60 * minutes, 'f', milliseconds ? 3 : 0);
    return QStringLiteral("%1:%2").arg(minutes).arg(seconds, milliseconds ? 6 : 2, QLatin1Char('0'));
}

StripPlot::StripPlot(QWidget *parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("stripPlot"));
    setAccessibleName(tr("Eyes, mouth and head over the video"));
    setMouseTracking(true);
    setFocusPolicy(Qt::TabFocus); // a click must not take the keys from the face under review
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setFont(Theme::instance().font(Theme::Type::Secondary));
    connect(&Theme::instance(), &Theme::changed, this, [this] {
        setFont(Theme::instance().font(Theme::Type::Secondary));
        update();
    });
}

void StripPlot::setStrip(VideoStrip strip)
{
    m_strip = std::move(strip);
    readOff(std::nullopt);
    updateGeometry();
    update();
}

void StripPlot::setMoment(double timeS)
{
    m_momentS = timeS;
    update();
}

void StripPlot::setPlayed(std::optional<double> timeS)
{
    m_playedS = timeS;
    update();
}

void StripPlot::setLabelsShown(bool shown)
{
    m_labelsShown = shown;
    update();
}

void StripPlot::setZoomed(bool zoomed)
{
    m_isZoomed = zoomed;
    update();
}

std::pair<double, double> StripPlot::shownRangeS() const
{
    const std::vector<double> &times = m_strip.curves.timeS;
    if (times.empty())
        return {0, 1};
    const double firstS = times.front(), lastS = std::max(times.back(), firstS + 0.1);
    if (!m_isZoomed)
        return {firstS, lastS};
    const double fromS = std::clamp(m_momentS - zoomS, firstS, std::max(firstS, lastS - 2 * zoomS));
    return {fromS, std::min(lastS, fromS + 2 * zoomS)};
}

bool StripPlot::hasLegend() const
{
    return !m_strip.doubts.empty(); // its place is kept where they are hidden: nothing moves at the reveal
}

double StripPlot::bandHeight() const
{
    return fontMetrics().height() + 2.0;
}

QRectF StripPlot::lanesArea() const
{
    const QFontMetricsF metrics(font());
    const double gutter = metrics.horizontalAdvance(tr("▾ blinks")) + metrics.horizontalAdvance(degrees(-30)) + 12;
    const double below = metrics.height() * (hasLegend() ? 2 : 1) + 4 + (hasLegend() ? 4 : 0);
    return QRectF(rect()).adjusted(gutter, bandHeight() + 4, -8, -below);
}

double StripPlot::xOf(double timeS) const
{
    const auto [fromS, toS] = shownRangeS();
    const QRectF area = lanesArea();
    return area.left() + (timeS - fromS) / (toS - fromS) * area.width();
}

std::size_t StripPlot::nearestFrame(double timeS) const
{
    const std::vector<double> &times = m_strip.curves.timeS;
    auto at = std::size_t(std::lower_bound(times.begin(), times.end(), timeS) - times.begin());
    if (at == times.size() || (at > 0 && timeS - times[at - 1] < times[at] - timeS))
        --at;
    return at;
}

std::optional<double> StripPlot::timeAt(const QPointF &position) const
{
    const QRectF area = lanesArea();
    if (m_strip.curves.timeS.empty() || !area.adjusted(-4, -bandHeight() - 4, 4, 4).contains(position))
        return std::nullopt;
    const auto [fromS, toS] = shownRangeS();
    const double timeS = fromS + (position.x() - area.left()) / area.width() * (toS - fromS);
    return m_strip.curves.timeS[nearestFrame(timeS)];
}

QString StripPlot::readingAt(double timeS) const
{
    const DrowsinessStrip &strip = m_strip.curves;
    if (strip.timeS.empty())
        return {};
    const std::size_t at = nearestFrame(timeS);
    QStringList parts{videoTimeText(strip.timeS[at], true)};
    if (std::isfinite(strip.eyeOpening[at]))
        parts << tr("eyes %1 open").arg(percent(strip.eyeOpening[at]));
    if (std::isfinite(strip.mouthOpening[at]))
        parts << tr("mouth %1").arg(percent(strip.mouthOpening[at]));
    if (std::isfinite(strip.yawDeg[at]))
        parts << tr("yaw %1").arg(degrees(strip.yawDeg[at])) << tr("pitch %1").arg(degrees(strip.pitchDeg[at]))
              << tr("roll %1").arg(degrees(strip.rollDeg[at]));
    if (parts.size() == 1)
        parts << tr("no face seen");
    return parts.join(QStringLiteral(" · "));
}

QSize StripPlot::sizeHint() const
{
    const int line = fontMetrics().height();
    return {line * 28, int(bandHeight()) + line * (hasLegend() ? 2 : 1) + 12 + kLanes * int(line * 2.8)};
}

QSize StripPlot::minimumSizeHint() const
{
    return {fontMetrics().height() * 14, sizeHint().height()};
}

// ---------------------------------------------------------------------------------------------- the pointer

void StripPlot::readOff(std::optional<double> timeS)
{
    if (timeS == m_pointedS)
        return;
    m_pointedS = timeS;
    Q_EMIT readingChanged(timeS ? readingAt(*timeS) : QString());
    update();
}

void StripPlot::mouseMoveEvent(QMouseEvent *event)
{
    const auto timeS = timeAt(event->position());
    setCursor(timeS ? Qt::PointingHandCursor : Qt::ArrowCursor);
    readOff(timeS);
}

void StripPlot::mousePressEvent(QMouseEvent *event)
{
    if (const auto timeS = timeAt(event->position()); timeS && event->button() == Qt::LeftButton)
        Q_EMIT chosen(*timeS);
}

void StripPlot::leaveEvent(QEvent *)
{
    readOff(std::nullopt);
}

void StripPlot::focusOutEvent(QFocusEvent *event)
{
    readOff(std::nullopt);
    QWidget::focusOutEvent(event);
}

bool StripPlot::event(QEvent *event)
{
    // While the focus is here these keys belong to the strip, all others still answer.
    if (event->type() == QEvent::ShortcutOverride) {
        const auto *key = static_cast<QKeyEvent *>(event);
        const bool isPlain = (key->modifiers() & ~(Qt::ShiftModifier | Qt::KeypadModifier)) == Qt::NoModifier;
        for (const int own : {Qt::Key_Left, Qt::Key_Right, Qt::Key_Home, Qt::Key_End, Qt::Key_Escape}) {
            if (isPlain && key->key() == own) {
                event->accept();
                return true;
            }
        }
    }
    return QWidget::event(event);
}

void StripPlot::stepBy(int frames)
{
    const std::vector<double> &times = m_strip.curves.timeS;
    const auto last = std::ptrdiff_t(times.size()) - 1;
    const auto here = std::ptrdiff_t(nearestFrame(m_playedS.value_or(m_momentS)));
    const double timeS = times[std::size_t(std::clamp<std::ptrdiff_t>(here + frames, 0, last))];
    m_playedS = timeS; // the next step goes on from here, also before the picture has come
    readOff(timeS);
    Q_EMIT chosen(timeS);
    update();
}

void StripPlot::keyPressEvent(QKeyEvent *event)
{
    if (m_strip.curves.timeS.empty()) {
        QWidget::keyPressEvent(event);
        return;
    }
    const std::vector<double> &times = m_strip.curves.timeS;
    const double frameS = (times.back() - times.front()) / double(std::max<std::size_t>(1, times.size() - 1));
    const int second = frameS > 0 ? std::max(1, int(std::lround(1 / frameS))) : 1;
    const int step = event->modifiers().testFlag(Qt::ShiftModifier) ? second : 1;
    const int all = int(times.size());
    switch (event->key()) {
    case Qt::Key_Left: stepBy(-step); return;
    case Qt::Key_Right: stepBy(step); return;
    case Qt::Key_Home: stepBy(-all); return;
    case Qt::Key_End: stepBy(all); return;
    case Qt::Key_Escape: Q_EMIT left(); return;
    default: QWidget::keyPressEvent(event);
    }
}

// ---------------------------------------------------------------------------------------------- the picture

std::vector<StripPlot::Lane> StripPlot::lanes() const
{
    const ThemeColors &colors = Theme::instance().colors();
    const DrowsinessStrip &strip = m_strip.curves;
    const auto most = [](const std::vector<double> &values, double least) {
        for (const double value : values)
            if (std::isfinite(value))
                least = std::max(least, std::abs(value));
        return least;
    };
    const double mouth = most(strip.mouthOpening, 0.3);
    const double turn = std::ceil(std::max(most(strip.yawDeg, 20), most(strip.pitchDeg, 20)) / 10) * 10;
    return {
        {tr("Eyes"),
         0,
         most(strip.eyeOpening, 1.1),
         percent(0),
         percent(1),
         {{{}, &strip.eyeOpening, colors.accent, Qt::SolidLine}}},
        {tr("Mouth"), 0, mouth, percent(0), percent(mouth), {{{}, &strip.mouthOpening, colors.accent, Qt::SolidLine}}},
        {tr("Head"),
         -turn,
         turn,
         degrees(-turn),
         degrees(turn),
         {{tr("yaw"), &strip.yawDeg, colors.accent, Qt::SolidLine},
          {tr("pitch"), &strip.pitchDeg, colors.warning, Qt::DashLine}}}};
}

void StripPlot::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 4, 4);
    }
    if (m_strip.curves.timeS.empty())
        return;
    const QRectF area = lanesArea();
    if (m_labelsShown) {
        paintBand(painter);
        paintDoubts(painter);
    }
    const std::vector<Lane> all = lanes();
    const double height = area.height() / double(all.size());
    for (std::size_t i = 0; i < all.size(); ++i)
        paintLane(painter, all[i],
                  QRectF(area.left(), area.top() + double(i) * height, area.width(), height).adjusted(0, 4, 0, -6));
    paintTimes(painter);
    paintMarks(painter);
    if (m_labelsShown && hasLegend())
        paintLegend(painter);
}

/// Colour and code of the label, on a band above the lanes.
void StripPlot::paintBand(QPainter &painter) const
{
    const QRectF area = lanesArea();
    const auto [fromS, toS] = shownRangeS();
    painter.setPen(Theme::instance().colors().secondary);
    painter.drawText(QRectF(0, 0, area.left() - 8, bandHeight()), Qt::AlignLeft | Qt::AlignVCenter, tr("Label"));
    for (const LabelStretch &stretch : m_strip.labels) {
        const double left = xOf(std::max(stretch.startS, fromS)), right = xOf(std::min(stretch.endS, toS));
        if (right <= left)
            continue;
        const ClassLook look = Theme::instance().lookOf(stretch.label.value_or(ClassId{}));
        const QRectF place(left, 0, right - left, bandHeight());
        painter.setPen(QPen(Theme::instance().colors().panel, 1));
        painter.setBrush(look.color);
        painter.drawRoundedRect(place, 3, 3);
        if (QFontMetricsF(font()).horizontalAdvance(look.code) + 6 > place.width())
            continue;
        painter.setPen(Theme::readableOn(look.color));
        painter.drawText(place, Qt::AlignCenter, look.code);
    }
}

/// Hatched in two directions, so that the kind is told without colour.
void StripPlot::paintDoubts(QPainter &painter) const
{
    const QRectF area = lanesArea();
    const ThemeColors &colors = Theme::instance().colors();
    painter.setPen(Qt::NoPen);
    painter.save();
    painter.setClipRect(area);
    for (const DoubtStretch &doubt : m_strip.doubts) {
        const double left = xOf(doubt.startS), right = std::max(xOf(doubt.endS), left + 2);
        const QRectF place(left, area.top(), right - left, area.height() / kLanes);
        painter.fillRect(place, faded(colors.warning, 0.12));
        painter.fillRect(place, QBrush(faded(colors.warning, 0.7), hatchOf(doubt.kind)));
    }
    painter.restore();
}

void StripPlot::paintLane(QPainter &painter, const Lane &lane, const QRectF &place) const
{
    const ThemeColors &colors = Theme::instance().colors();
    const QFontMetricsF metrics(font());
    const auto yOf = [&](double value) {
        return place.bottom() - (value - lane.low) / (lane.high - lane.low) * place.height();
    };
    const double top = lane.name == tr("Eyes") ? yOf(1) : place.top();
    for (const auto &[y, text] : {std::pair(top, lane.highText), std::pair(place.bottom(), lane.lowText)}) {
        painter.setPen(QPen(faded(colors.text, 0.12), 1));
        painter.drawLine(QPointF(place.left(), y), QPointF(place.right(), y));
        painter.setPen(colors.secondary);
        const double base =
            std::clamp(y + metrics.ascent() / 2 - 1, place.top() + metrics.ascent() - 4, place.bottom() + 2);
        painter.drawText(QPointF(place.left() - 6 - metrics.horizontalAdvance(text), base), text);
    }
    painter.setPen(colors.text);
    painter.drawText(QPointF(0, place.top() + metrics.ascent() - 2), lane.name);
    double y = place.top() + metrics.ascent() + metrics.height() - 4;
    if (lane.curves.size() > 1) { // in place of a legend: what is which
        y = place.top() + metrics.ascent() - 2;
        double x = 0;
        for (std::size_t i = 0; i < lane.curves.size(); ++i) {
            const Curve &curve = lane.curves[i];
            y += metrics.height() * (i == 0 ? 0.9 : 0.85);
            painter.setPen(QPen(curve.colour, 2, curve.pen));
            painter.drawLine(QPointF(x, y - metrics.ascent() / 2 + 2), QPointF(x + 14, y - metrics.ascent() / 2 + 2));
            painter.setPen(colors.secondary);
            painter.drawText(QPointF(x + 18, y), curve.name);
        }
    } else if (lane.curves.front().values == &m_strip.curves.eyeOpening) {
        painter.setPen(colors.secondary);
        painter.drawText(QPointF(0, y), tr("▾ blinks"));
        paintBlinks(painter, place);
    }
    for (const Curve &curve : lane.curves)
        paintCurve(painter, lane, curve, place);
}

/// One line a column of pixels at most, from its least to its greatest value: a long video has far more frames.
void StripPlot::paintCurve(QPainter &painter, const Lane &lane, const Curve &curve, const QRectF &place) const
{
    const std::vector<double> &times = m_strip.curves.timeS;
    const auto [fromS, toS] = shownRangeS();
    const auto yOf = [&](double value) {
        return place.bottom() -
               (std::clamp(value, lane.low, lane.high) - lane.low) / (lane.high - lane.low) * place.height();
    };
    QPainterPath path;
    bool isBroken = true;
    const std::size_t first = nearestFrame(fromS), last = nearestFrame(toS);
    for (std::size_t i = first; i <= last;) {
        const double x = xOf(times[i]);
        double low = std::numeric_limits<double>::infinity(), high = -low;
        std::size_t end = i;
        for (; end <= last && (end == i || xOf(times[end]) < x + 0.75); ++end) {
            if (std::isfinite((*curve.values)[end])) {
                low = std::min(low, (*curve.values)[end]);
                high = std::max(high, (*curve.values)[end]);
            }
        }
        i = end;
        if (high < low) {
            isBroken = true;
            continue;
        }
        isBroken ? path.moveTo(x, yOf(low)) : path.lineTo(x, yOf(low));
        if (high > low)
            path.lineTo(x, yOf(high));
        isBroken = false;
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(curve.colour, 1.5, curve.pen, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(path);
}

/// A triangle each; of eyes that stay closed a line as long as that.
void StripPlot::paintBlinks(QPainter &painter, const QRectF &place) const
{
    const QColor colour = Theme::instance().colors().text;
    const auto [fromS, toS] = shownRangeS();
    for (const DrowsinessStrip::Span &closure : m_strip.curves.closures) {
        if (closure.endS < fromS || closure.startS > toS)
            continue;
        const double left = std::max(place.left(), xOf(closure.startS));
        const double right = std::min(place.right(), xOf(closure.endS));
        if (closure.endS - closure.startS > DrowsinessStrip::longestBlinkS) {
            painter.setPen(QPen(colour, 3, Qt::SolidLine, Qt::FlatCap));
            painter.drawLine(QPointF(left, place.top() - 1), QPointF(right, place.top() - 1));
            continue;
        }
        const double x = (left + right) / 2;
        painter.setPen(Qt::NoPen);
        painter.setBrush(colour);
        painter.drawPolygon(QPolygonF{{x - 3.5, place.top() - 3}, {x + 3.5, place.top() - 3}, {x, place.top() + 3}});
    }
}

void StripPlot::paintTimes(QPainter &painter) const
{
    const QRectF area = lanesArea();
    const QFontMetricsF metrics(font());
    const auto [fromS, toS] = shownRangeS();
    const int count = std::max(2, int(area.width() / (metrics.averageCharWidth() * 10)));
    painter.setPen(Theme::instance().colors().secondary);
    for (const double tick : niceTicks(fromS, toS, count)) {
        if (std::abs(tick - std::round(tick)) > 1e-9)
            continue; // half seconds would be told as whole ones
        const QString text = videoTimeText(tick, false);
        const double width = metrics.horizontalAdvance(text);
        const double x = std::clamp(xOf(tick) - width / 2, area.left() - 4, area.right() + 8 - width);
        painter.drawText(QPointF(x, area.bottom() + 2 + metrics.ascent()), text);
    }
}

void StripPlot::paintMarks(QPainter &painter) const
{
    const QRectF area = lanesArea();
    const ThemeColors &colors = Theme::instance().colors();
    const auto line = [&](double timeS, const QPen &pen, double above) {
        const double x = xOf(timeS);
        if (x < area.left() - 1 || x > area.right() + 1)
            return false;
        painter.setPen(pen);
        painter.drawLine(QPointF(x, area.top() - above), QPointF(x, area.bottom()));
        return true;
    };
    if (m_pointedS)
        line(*m_pointedS, QPen(faded(colors.text, 0.4), 1), 0);
    if (m_playedS)
        line(*m_playedS, QPen(colors.text, 1.5), 2);
    // The sample's own moment: a line with a diamond at its foot, which the others have not.
    if (line(m_momentS, QPen(colors.text, 1.5, Qt::DotLine), 2)) {
        const QPointF foot(xOf(m_momentS), area.bottom());
        painter.setPen(Qt::NoPen);
        painter.setBrush(colors.text);
        painter.drawPolygon(
            QPolygonF{foot + QPointF(-4, 0), foot + QPointF(0, -4), foot + QPointF(4, 0), foot + QPointF(0, 4)});
    }
}

void StripPlot::paintLegend(QPainter &painter) const
{
    const ThemeColors &colors = Theme::instance().colors();
    const QFontMetricsF metrics(font());
    std::vector<EyesAgainstLabel> kinds;
    for (const DoubtStretch &doubt : m_strip.doubts)
        if (std::find(kinds.begin(), kinds.end(), doubt.kind) == kinds.end())
            kinds.push_back(doubt.kind);
    const double top = height() - metrics.height(), room = width() / std::max<double>(1, double(kinds.size()));
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        const QRectF swatch(double(i) * room, top + 2, metrics.height() * 1.4, metrics.height() - 4);
        painter.fillRect(swatch, faded(colors.warning, 0.12));
        painter.fillRect(swatch, QBrush(faded(colors.warning, 0.7), hatchOf(kinds[i])));
        painter.setPen(colors.secondary);
        const double words = swatch.right() + 6;
        painter.drawText(QPointF(words, top + metrics.ascent()),
                         metrics.elidedText(wordsOf(kinds[i]), Qt::ElideRight, swatch.left() + room - words - 4));
    }
}

} // namespace mien
