#include "studio/attention/map_sheet.h"

#include "studio/common/theme.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QLinearGradient>
#include <QLocale>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

constexpr double kGap = 8, kSmallGap = 4, kBlockGap = 16;
constexpr int kSmallColumns = 4, kSmallRows = 2;
constexpr float kTiny = 1e-6f;

QString tr(const char *text)
{
    return QCoreApplication::translate("mien::MapSheet", text);
}

bool isDrawn(const MapBlock &block)
{
    return !block.rows.empty() && block.rows.front().drawing;
}

QString numberText(float value)
{
    return QLocale().toString(double(value), 'g', 2);
}

} // namespace

MapSheetPainter::MapSheetPainter(const MapSheet &sheet, const ThemeColors &colors, const QFont &body,
                                 const QFont &secondary)
    : m_sheet(sheet)
    , m_colors(colors)
    , m_body(body)
    , m_secondary(secondary)
    , m_line(std::max(QFontMetricsF(body).height(), Theme::chipHeight(body)) + 4)
    , m_smallLine(QFontMetricsF(secondary).height() + 2)
{
}

double MapSheetPainter::smallSide(double side) const
{
    return (side - kSmallGap * (kSmallRows - 1)) / kSmallRows;
}

double MapSheetPainter::widthFor(double side) const
{
    const double large = 3 * side + 2 * kGap;
    return m_sheet.erasedDraws == 0 ? large
                                    : large + kGap + kSmallColumns * smallSide(side) + (kSmallColumns - 1) * kSmallGap;
}

double MapSheetPainter::sideFor(double width) const
{
    if (m_sheet.erasedDraws == 0)
        return (width - 2 * kGap) / 3;
    constexpr double smalls = double(kSmallColumns) / kSmallRows;
    const double gaps = 3 * kGap + (kSmallColumns - 1) * kSmallGap - smalls * kSmallGap * (kSmallRows - 1);
    return (width - gaps) / (3 + smalls);
}

/// Four pictures have the width of the others.
double MapSheetPainter::drawingSide(double side) const
{
    return (widthFor(side) - 3 * kGap) / 4;
}

double MapSheetPainter::blockHeight(const MapBlock &block, double side) const
{
    if (block.rows.empty())
        return m_line + m_smallLine * 4;
    const double legend = 8 + m_smallLine, rowSide = isDrawn(block) ? drawingSide(side) : side;
    return m_line + m_smallLine + double(block.rows.size()) * (m_line + rowSide + kGap) + legend;
}

double MapSheetPainter::heightFor(double side) const
{
    double height = 0;
    for (const MapBlock &block : m_sheet.blocks)
        height += blockHeight(block, side) + (height > 0 ? kBlockGap : 0);
    return height;
}

MapSheetPainter::Span MapSheetPainter::spanOf(const MapBlock &block) const
{
    Span span{kTiny, kTiny};
    for (const MapRow &row : block.rows) {
        if (row.drawing) {
            span.high = std::max(span.high, row.drawing->errors.range().second);
            continue;
        }
        for (const MapRow::Draw &draw : row.draws)
            span.high =
                std::max({span.high, row.factor * draw.view.range().second, row.factor * draw.mirrored.range().second});
        const MapRow::Draw &whole = row.draws.front();
        if (whole.mirrored.isEmpty())
            continue;
        const auto [low, high] = difference(whole.view.positive(), whole.mirrored.mirrored().positive()).range();
        span.reach = std::max({span.reach, row.factor * std::abs(low), row.factor * std::abs(high)});
    }
    return span;
}

void MapSheetPainter::paint(QPainter &painter, QPointF topLeft, double side, double ratio) const
{
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    for (const MapBlock &block : m_sheet.blocks) {
        paintBlock(painter, block, topLeft, side, ratio);
        topLeft.ry() += blockHeight(block, side) + kBlockGap;
    }
}

void MapSheetPainter::paintBlock(QPainter &painter, const MapBlock &block, QPointF topLeft, double side,
                                 double ratio) const
{
    const double width = widthFor(side);
    double y = topLeft.y();
    QFont bold = m_body;
    bold.setWeight(QFont::DemiBold);
    painter.setFont(bold);
    painter.setPen(m_colors.text);
    painter.drawText(QRectF(topLeft.x(), y, width, m_line), Qt::AlignLeft | Qt::AlignVCenter,
                     QFontMetricsF(bold).elidedText(block.title, Qt::ElideRight, width));
    y += m_line;
    painter.setFont(m_secondary);
    painter.setPen(m_colors.secondary);
    if (block.rows.empty()) {
        const QRectF box(topLeft.x(), y, width, m_smallLine * 4);
        painter.setPen(Qt::NoPen);
        painter.setBrush(m_colors.canvas);
        painter.drawRoundedRect(box, 4, 4);
        painter.setPen(m_colors.secondary);
        painter.drawText(box.adjusted(12, 4, -12, -4), Qt::AlignCenter | Qt::TextWordWrap, block.message);
        return;
    }
    if (isDrawn(block)) {
        paintDrawings(painter, block, {topLeft.x(), y}, side, ratio);
        return;
    }
    const QString captions[] = {tr("as it is"), tr("mirrored, turned back"), tr("difference")};
    for (int column = 0; column < 3; ++column)
        painter.drawText(QRectF(topLeft.x() + column * (side + kGap), y, side, m_smallLine),
                         Qt::AlignLeft | Qt::AlignTop,
                         QFontMetricsF(m_secondary).elidedText(captions[column], Qt::ElideRight, side));
    if (m_sheet.erasedDraws > 0) {
        const double left = topLeft.x() + 3 * (side + kGap);
        painter.drawText(QRectF(left, y, topLeft.x() + width - left, m_smallLine), Qt::AlignLeft | Qt::AlignTop,
                         tr("with a part erased, 1 to %1").arg(m_sheet.erasedDraws));
    }
    y += m_smallLine;
    const Span span = spanOf(block);
    for (const MapRow &row : block.rows) {
        paintRow(painter, row, span, {topLeft.x(), y}, side, ratio);
        y += m_line + side + kGap;
    }
    paintLegend(painter, QRectF(topLeft.x(), y, 2 * side + kGap, 8 + m_smallLine), m_sheet.scale, 0, span.high,
                block.unit);
    paintLegend(painter, QRectF(topLeft.x() + 2 * (side + kGap), y, side, 8 + m_smallLine), ColourScale::Signed,
                -span.reach, span.reach, tr("difference"));
}

void MapSheetPainter::paintDrawings(QPainter &painter, const MapBlock &block, QPointF topLeft, double side,
                                    double ratio) const
{
    const double cell = drawingSide(side);
    const auto left = [&](int column) { return topLeft.x() + column * (cell + kGap); };
    double y = topLeft.y();
    const QString captions[] = {tr("as it is"), tr("what the network sees"), tr("what it draws"), tr("error")};
    for (int column = 0; column < 4; ++column)
        painter.drawText(QRectF(left(column), y, cell, m_smallLine), Qt::AlignLeft | Qt::AlignTop,
                         QFontMetricsF(m_secondary).elidedText(captions[column], Qt::ElideRight, cell));
    y += m_smallLine;
    const Span span = spanOf(block);
    for (const MapRow &row : block.rows) {
        painter.setFont(m_body);
        painter.setPen(m_colors.text);
        const double width = 4 * cell + 3 * kGap;
        painter.drawText(QRectF(left(0), y, width, m_line), Qt::AlignLeft | Qt::AlignVCenter,
                         QFontMetricsF(m_body).elidedText(row.words, Qt::ElideRight, width));
        y += m_line;
        const QImage *const pictures[] = {&row.drawing->original, &row.drawing->masked, &row.drawing->drawn};
        for (int column = 0; column < 3; ++column)
            painter.drawImage(QRectF(left(column), y, cell, cell), *pictures[column]);
        paintErrors(painter, QRectF(left(3), y, cell, cell), *row.drawing, span.high, ratio);
        y += cell + kGap;
    }
    const bool isNormalised = block.rows.front().drawing->isNormalised;
    paintLegend(painter, QRectF(left(2), y, 2 * cell + kGap, 8 + m_smallLine), m_sheet.scale, 0, span.high,
                isNormalised ? tr("error; an even patch has 1") : tr("error"));
}

/// Patches in colour where something was to be drawn, the face in grey elsewhere.
void MapSheetPainter::paintErrors(QPainter &painter, const QRectF &box, const FaceDrawing &drawing, float high,
                                  double ratio) const
{
    const QSize pixels = (box.size() * ratio).toSize().expandedTo(QSize(1, 1));
    QImage picture(pixels, QImage::Format_RGB32);
    QPainter inside(&picture);
    inside.setRenderHint(QPainter::SmoothPixmapTransform);
    inside.drawImage(picture.rect(), drawing.original.convertToFormat(QImage::Format_Grayscale8));
    inside.setOpacity(m_sheet.opacity);
    const int columns = drawing.errors.widthCells, lines = drawing.errors.heightCells;
    for (const int cell : drawing.hidden) {
        const int column = cell % columns, line = cell / columns;
        const QPoint topLeft(column * pixels.width() / columns, line * pixels.height() / lines);
        const QPoint end((column + 1) * pixels.width() / columns, (line + 1) * pixels.height() / lines);
        inside.fillRect(QRect(topLeft, end - QPoint(1, 1)),
                        colourOf(m_sheet.scale, double(drawing.errors.at(column, line)) / double(high)));
    }
    inside.end();
    painter.drawImage(box, picture);
}

void MapSheetPainter::paintRow(QPainter &painter, const MapRow &row, const Span &span, QPointF topLeft, double side,
                               double ratio) const
{
    double x = topLeft.x();
    painter.setFont(m_body);
    if (row.cls && *row.cls)
        x += Theme::paintChip(painter, {x, topLeft.y() + (m_line - Theme::chipHeight(m_body)) / 2},
                              Theme::instance().lookOf(*row.cls), ChipStyle::Outlined) +
             kGap;
    const double width = widthFor(side) - (x - topLeft.x());
    painter.setPen(m_colors.text);
    painter.drawText(QRectF(x, topLeft.y(), width, m_line), Qt::AlignLeft | Qt::AlignVCenter,
                     QFontMetricsF(m_body).elidedText(row.words, Qt::ElideRight, width));
    const double top = topLeft.y() + m_line;
    const MapRow::Draw &whole = row.draws.front();
    const HeatMap view = whole.view.positive();
    const float high = span.high / row.factor, reach = span.reach / row.factor;
    const auto cellAt = [&](int column) { return QRectF(topLeft.x() + column * (side + kGap), top, side, side); };
    paintCell(painter, cellAt(0), view, m_sheet.scale, 0, high, &whole, ratio);
    if (whole.mirrored.isEmpty()) {
        for (const int column : {1, 2})
            painter.fillRect(cellAt(column), m_colors.canvas);
    } else {
        const HeatMap back = whole.mirrored.mirrored().positive();
        paintCell(painter, cellAt(1), back, m_sheet.scale, 0, high, nullptr, ratio);
        paintCell(painter, cellAt(2), difference(view, back), ColourScale::Signed, -reach, reach, nullptr, ratio);
    }
    const double small = smallSide(side);
    for (int number = 1; number <= m_sheet.erasedDraws; ++number) {
        const int column = (number - 1) % kSmallColumns, line = (number - 1) / kSmallColumns;
        const QRectF box(topLeft.x() + 3 * (side + kGap) + column * (small + kSmallGap),
                         top + line * (small + kSmallGap), small, small);
        if (number < int(row.draws.size())) {
            const MapRow::Draw &draw = row.draws[std::size_t(number)];
            paintCell(painter, box, draw.view.positive(), m_sheet.scale, 0, high, &draw, ratio);
        } else {
            painter.fillRect(box, m_colors.canvas);
        }
    }
}

void MapSheetPainter::paintCell(QPainter &painter, const QRectF &box, const HeatMap &map, ColourScale scale, float low,
                                float high, const MapRow::Draw *marked, double ratio) const
{
    const QSize pixels = (box.size() * ratio).toSize().expandedTo(QSize(1, 1));
    painter.drawImage(box, overlaid(m_sheet.face, map, scale, low, high, m_sheet.opacity, pixels));
    if (!marked)
        return;
    const double width = box.width() / map.widthCells, height = box.height() / map.heightCells;
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(128, 128, 128));
    for (const int cell : marked->hidden)
        painter.drawRect(QRectF(box.left() + cell % map.widthCells * width, box.top() + cell / map.widthCells * height,
                                width, height));
    if (marked->erased.isEmpty())
        return;
    const QRectF &erased = marked->erased;
    const QRectF hole(box.left() + erased.left() * box.width(), box.top() + erased.top() * box.height(),
                      erased.width() * box.width(), erased.height() * box.height());
    painter.setPen(QPen(Qt::white, 1));
    painter.setBrush(QBrush(QColor(0, 0, 0, 150), Qt::BDiagPattern));
    painter.drawRect(hole);
}

void MapSheetPainter::paintLegend(QPainter &painter, const QRectF &box, ColourScale scale, float low, float high,
                                  const QString &unit) const
{
    constexpr int stops = 20;
    QLinearGradient gradient(box.topLeft(), box.topRight());
    for (int i = 0; i <= stops; ++i)
        gradient.setColorAt(double(i) / stops, colourOf(scale, double(i) / stops));
    const QRectF bar(box.left(), box.top(), box.width(), 6);
    painter.setPen(Qt::NoPen);
    painter.setBrush(gradient);
    painter.drawRoundedRect(bar, 3, 3);
    painter.setFont(m_secondary);
    painter.setPen(m_colors.secondary);
    const QRectF text(box.left(), bar.bottom() + 1, box.width(), m_smallLine);
    painter.drawText(text, Qt::AlignLeft | Qt::AlignTop, numberText(low));
    painter.drawText(text, Qt::AlignHCenter | Qt::AlignTop, unit);
    painter.drawText(text, Qt::AlignRight | Qt::AlignTop, numberText(high));
}

QString spoken(const MapSheet &sheet)
{
    QStringList said;
    for (const MapBlock &block : sheet.blocks) {
        said << block.title;
        if (block.rows.empty())
            said << block.message;
        for (const MapRow &row : block.rows)
            said << row.words;
    }
    return said.join(QStringLiteral(", "));
}

} // namespace mien
