#include "studio/review/class_bar.h"

#include "studio/common/theme.h"

#include <QHelpEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace mien {

namespace {

/// The name in one line where it fits, else in two.
QStringList linesOf(const QString &name, const QFontMetricsF &metrics, double width)
{
    if (metrics.horizontalAdvance(name) <= width)
        return {name};
    qsizetype end = -1; // Of what fits into the first line.
    for (qsizetype at = name.indexOf(QLatin1Char(' ')); at >= 0; at = name.indexOf(QLatin1Char(' '), at + 1)) {
        if (end < 0 || metrics.horizontalAdvance(name.left(at)) <= width)
            end = at;
    }
    if (end < 0)
        return {metrics.elidedText(name, Qt::ElideRight, width)};
    return {metrics.elidedText(name.left(end), Qt::ElideRight, width),
            metrics.elidedText(name.mid(end + 1), Qt::ElideRight, width)};
}

} // namespace

ClassBar::ClassBar(QWidget *parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("classBar"));
    setAccessibleName(tr("Classes"));
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ClassBar::setClasses(const std::vector<ExpressionClass> &classes)
{
    m_classes = classes;
    if (m_classes.size() > 9)
        m_classes.resize(9); // what digits can reach; the rest is labelled in the gallery
    QStringList words;
    for (std::size_t i = 0; i < m_classes.size(); ++i)
        words << QStringLiteral("%1 %2").arg(i + 1).arg(QString::fromStdString(m_classes[i].display));
    setAccessibleDescription(words.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

void ClassBar::setProbabilities(const std::vector<float> &probabilities)
{
    m_probabilities = probabilities;
    update();
}

void ClassBar::setMarks(std::optional<ClassId> label, std::optional<ClassId> suggested, std::optional<ClassId> second)
{
    m_label = label;
    m_suggested = suggested;
    m_second = second;
    update();
}

void ClassBar::setAnswered(std::optional<ClassId> label)
{
    m_answered = label;
    update();
}

QSize ClassBar::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 110, fontMetrics().height() * 4 + Theme::space(16)};
}

QSize ClassBar::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * 64, sizeHint().height()};
}

QRectF ClassBar::cellRect(int index) const
{
    const int count = std::max<int>(1, static_cast<int>(m_classes.size()));
    const double gap = Theme::space(8);
    const double width = std::min((this->width() - gap * (count - 1)) / count, fontMetrics().height() * 9.0);
    const double left = (this->width() - (width * count + gap * (count - 1))) / 2;
    return {left + index * (width + gap), 0, width, double(height())};
}

std::optional<int> ClassBar::cellAt(const QPointF &position) const
{
    for (int i = 0; i < static_cast<int>(m_classes.size()); ++i) {
        if (cellRect(i).contains(position))
            return i;
    }
    return std::nullopt;
}

bool ClassBar::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        if (const auto cell = cellAt(help->pos())) {
            const ExpressionClass &expression = m_classes[static_cast<std::size_t>(*cell)];
            QToolTip::showText(help->globalPos(),
                               tr("%1: key %2, as second choice Shift+%2")
                                   .arg(QString::fromStdString(expression.display))
                                   .arg(*cell + 1),
                               this);
        } else {
            QToolTip::hideText();
        }
        return true;
    }
    return QWidget::event(event);
}

void ClassBar::mouseReleaseEvent(QMouseEvent *event)
{
    const auto cell = cellAt(event->position());
    if (cell && event->button() == Qt::LeftButton)
        Q_EMIT chosen(*cell, event->modifiers().testFlag(Qt::ShiftModifier));
}

void ClassBar::mouseMoveEvent(QMouseEvent *event)
{
    const auto cell = cellAt(event->position());
    setCursor(cell ? Qt::PointingHandCursor : Qt::ArrowCursor);
    if (cell != m_hover) {
        m_hover = cell;
        update();
    }
}

void ClassBar::leaveEvent(QEvent *)
{
    m_hover.reset();
    update();
}

void ClassBar::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const ThemeColors &colors = Theme::instance().colors();
    const QFontMetricsF metrics(font());
    const double line = metrics.height();
    for (int i = 0; i < static_cast<int>(m_classes.size()); ++i) {
        const ExpressionClass &expression = m_classes[static_cast<std::size_t>(i)];
        const ClassLook look = Theme::instance().look(expression);
        const QRectF cell = cellRect(i).adjusted(1, 1, -1, -1);
        const bool isLabel = m_label == expression.id;
        const bool isSuggested = m_suggested == expression.id;
        const bool answered = m_answered == expression.id;
        painter.setBrush(answered ? QBrush(look.color) : QBrush(colors.panel));
        painter.setPen(answered       ? QPen(look.color, 1.5)
                       : m_hover == i ? QPen(colors.secondary, 1)
                                      : QPen(colors.separator, 1));
        painter.drawRoundedRect(cell, 6, 6);

        const double pad = Theme::space(8);
        const QColor ink = answered ? Theme::readableOn(look.color) : colors.text;
        // Digit as a key cap, chip beside it.
        const double cap = line * 1.25;
        const QRectF key(cell.left() + pad, cell.top() + pad, cap, cap);
        painter.setPen(QPen(answered ? ink : colors.secondary, 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(key, 4, 4);
        painter.setPen(ink);
        painter.drawText(key, Qt::AlignCenter, QString::number(i + 1));
        const ChipStyle style = isSuggested && !isLabel ? ChipStyle::Outlined : ChipStyle::Filled;
        const QPointF chipAt(cell.right() - pad - Theme::chipWidth(font()), cell.top() + pad);
        if (isLabel || isSuggested) {
            Theme::paintChip(painter, chipAt, look, style);
        } else {
            const double mark = line * 0.75;
            painter.setPen(colors.secondary);
            const QRectF code(chipAt, QSizeF(Theme::chipWidth(font()), Theme::chipHeight(font())));
            Theme::paintMarker(painter, QRectF(code.left() + 3, code.center().y() - mark / 2, mark, mark), look.marker,
                               look.color);
            painter.setPen(answered ? ink : colors.secondary);
            painter.drawText(code.adjusted(mark + 4, 0, -2, 0), Qt::AlignVCenter | Qt::AlignLeft, look.code);
        }
        const QRectF word(cell.left() + pad, key.bottom() + Theme::space(4), cell.width() - 2 * pad, line);
        painter.setPen(ink);
        const QString name = QString::fromStdString(expression.display);
        // A name of several words gets two lines where one is too short; the room is there in any case.
        const QStringList lines = linesOf(name, metrics, word.width());
        for (qsizetype k = 0; k < lines.size(); ++k)
            painter.drawText(word.translated(0, double(k) * line), Qt::AlignVCenter | Qt::AlignLeft, lines[k]);

        const QRectF track(cell.left() + pad, cell.bottom() - pad - 4, cell.width() - 2 * pad, 4);
        if (static_cast<std::size_t>(i) < m_probabilities.size()) {
            const double p = std::clamp<double>(m_probabilities[static_cast<std::size_t>(i)], 0, 1);
            painter.setPen(Qt::NoPen);
            painter.setBrush(colors.separator);
            painter.drawRoundedRect(track, 2, 2);
            painter.setBrush(look.color);
            painter.drawRoundedRect(QRectF(track.topLeft(), QSizeF(std::max(2.0, track.width() * p), 4)), 2, 2);
        }
        if (m_second == expression.id) {
            painter.setPen(QPen(colors.accent, 2, Qt::DashLine));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), 6, 6);
            painter.setPen(colors.accent);
            painter.drawText(word, Qt::AlignVCenter | Qt::AlignRight, tr("2nd"));
        }
    }
}

} // namespace mien
