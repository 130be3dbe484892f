#include "studio/common/plots/confusion_matrix.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <numeric>

namespace mien {

int ConfusionCounts::rowTotal(int row) const
{
    const auto &cells = counts[static_cast<std::size_t>(row)];
    return std::accumulate(cells.begin(), cells.end(), 0);
}

double ConfusionCounts::share(int row, int column) const
{
    const int total = rowTotal(row);
    return total == 0 ? 0.0 : double(counts[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)]) / total;
}

ConfusionMatrix::ConfusionMatrix(QWidget *parent)
    : QWidget(parent)
    , m_rowName(tr("Label"))
    , m_columnName(tr("Prediction"))
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Confusion matrix"));
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void ConfusionMatrix::setCounts(const ConfusionCounts &counts)
{
    m_counts = counts;
    m_cursor = {0, 0};
    m_hover.reset();
    updateGeometry();
    update();
}

void ConfusionMatrix::setAxes(const QString &rowName, const QString &columnName)
{
    m_rowName = rowName;
    m_columnName = columnName;
    update();
}

QSize ConfusionMatrix::sizeHint() const
{
    const int cell = fontMetrics().averageCharWidth() * 7;
    const int side = cell * (std::max(classes(), 4) + 1);
    return {side + fontMetrics().height(), heightForWidth(side + fontMetrics().height())};
}

QSize ConfusionMatrix::minimumSizeHint() const
{
    const int cell = fontMetrics().averageCharWidth() * 5;
    return {cell * (classes() + 1) + fontMetrics().height(), fontMetrics().height() * (classes() + 4)};
}

int ConfusionMatrix::heightForWidth(int width) const
{
    if (classes() == 0)
        return fontMetrics().height() * 6;
    const double cell = double(width - fontMetrics().height() * 3) / classes();
    return static_cast<int>(std::min(cell, fontMetrics().height() * 3.0) * classes() + fontMetrics().height() * 3.2);
}

QRectF ConfusionMatrix::grid() const
{
    const double line = fontMetrics().height();
    const double left = line * 2.9, top = line * 2.7;
    const double width = rect().width() - left - 1, height = rect().height() - top - 1;
    const double cell = classes() > 0 ? std::min({width / classes(), height / classes(), line * 4.5}) : 0;
    return {left, top, std::min(width, cell * classes() * 1.35), cell * classes()};
}

QRectF ConfusionMatrix::cellRect(int row, int column) const
{
    const QRectF area = grid();
    const double width = area.width() / classes(), height = area.height() / classes();
    return {area.left() + column * width, area.top() + row * height, width, height};
}

std::optional<QPoint> ConfusionMatrix::cellAt(const QPointF &position) const
{
    const QRectF area = grid();
    if (classes() == 0 || !area.contains(position))
        return std::nullopt;
    const int column = static_cast<int>((position.x() - area.left()) / (area.width() / classes()));
    const int row = static_cast<int>((position.y() - area.top()) / (area.height() / classes()));
    return QPoint(std::min(column, classes() - 1), std::min(row, classes() - 1));
}

QString ConfusionMatrix::sentence(int row, int column) const
{
    const int count = m_counts.counts[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
    return tr("%n sample(s) with the label %1, predicted %2 (%3 % of the label)", nullptr, count)
        .arg(m_counts.names[row], m_counts.names[column],
             QLocale().toString(100 * m_counts.share(row, column), 'f', 0));
}

void ConfusionMatrix::setCursorCell(QPoint cell)
{
    m_cursor = {std::clamp(cell.x(), 0, classes() - 1), std::clamp(cell.y(), 0, classes() - 1)};
    setAccessibleDescription(sentence(m_cursor.y(), m_cursor.x()));
    update();
}

bool ConfusionMatrix::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        if (const auto cell = cellAt(help->pos()))
            QToolTip::showText(help->globalPos(), sentence(cell->y(), cell->x()) + tr(" – click shows them"), this);
        else
            QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

void ConfusionMatrix::mouseReleaseEvent(QMouseEvent *event)
{
    const auto cell = cellAt(event->position());
    if (!cell || event->button() != Qt::LeftButton)
        return;
    setCursorCell(*cell);
    Q_EMIT cellActivated(cell->y(), cell->x());
}

void ConfusionMatrix::mouseMoveEvent(QMouseEvent *event)
{
    const auto cell = cellAt(event->position());
    setCursor(cell ? Qt::PointingHandCursor : Qt::ArrowCursor);
    if (cell != m_hover) {
        m_hover = cell;
        update();
    }
}

void ConfusionMatrix::leaveEvent(QEvent *)
{
    m_hover.reset();
    update();
}

void ConfusionMatrix::keyPressEvent(QKeyEvent *event)
{
    if (classes() == 0)
        return QWidget::keyPressEvent(event);
    switch (event->key()) {
    case Qt::Key_Left: return setCursorCell(m_cursor - QPoint(1, 0));
    case Qt::Key_Right: return setCursorCell(m_cursor + QPoint(1, 0));
    case Qt::Key_Up: return setCursorCell(m_cursor - QPoint(0, 1));
    case Qt::Key_Down: return setCursorCell(m_cursor + QPoint(0, 1));
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space: Q_EMIT cellActivated(m_cursor.y(), m_cursor.x()); return;
    default: QWidget::keyPressEvent(event);
    }
}

void ConfusionMatrix::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor text = palette().color(QPalette::Text);
    QColor secondary = text;
    secondary.setAlphaF(0.65f);
    if (classes() == 0) {
        painter.setPen(secondary);
        painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap,
                         tr("No labelled face was held out, or none has a prediction yet"));
        return;
    }
    const double line = fontMetrics().height();
    const QRectF area = grid();
    painter.setPen(secondary);
    painter.drawText(QRectF(area.left(), 0, area.width(), line), Qt::AlignHCenter, m_columnName + QStringLiteral(" →"));
    painter.save();
    painter.translate(0, area.bottom());
    painter.rotate(-90);
    painter.drawText(QRectF(0, 0, area.height(), line), Qt::AlignHCenter, QStringLiteral("← ") + m_rowName);
    painter.restore();

    const QColor accent = palette().color(QPalette::Highlight);
    const QColor wrong(0xB2, 0x6A, 0x00);
    for (int row = 0; row < classes(); ++row) {
        painter.setPen(text);
        const QRectF first = cellRect(row, 0);
        painter.drawText(QRectF(line * 1.1, first.top(), first.left() - line * 1.4, first.height()),
                         Qt::AlignVCenter | Qt::AlignRight, m_counts.codes[row]);
        const QRectF top = cellRect(0, row);
        painter.drawText(QRectF(top.left(), line * 1.3, top.width(), line), Qt::AlignCenter, m_counts.codes[row]);
        for (int column = 0; column < classes(); ++column) {
            const QRectF cell = cellRect(row, column).adjusted(1, 1, -1, -1);
            const int count = m_counts.counts[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
            QColor shade = row == column ? accent : wrong;
            // Square root: a confusion of 4 % can be seen beside a diagonal of 80 %.
            shade.setAlphaF(static_cast<float>(0.04 + 0.62 * std::sqrt(m_counts.share(row, column))));
            painter.setPen(Qt::NoPen);
            painter.setBrush(shade);
            painter.drawRoundedRect(cell, 2, 2);
            if (count > 0) {
                painter.setPen(text);
                painter.drawText(cell, Qt::AlignCenter, QLocale().toString(count));
            }
        }
    }
    const auto ring = [&](QPoint cell, const QColor &colour, double width) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(colour, width));
        painter.drawRoundedRect(cellRect(cell.y(), cell.x()).adjusted(1, 1, -1, -1), 2, 2);
    };
    if (m_hover)
        ring(*m_hover, secondary, 1);
    if (hasFocus())
        ring(m_cursor, accent, 2);
}

} // namespace mien
