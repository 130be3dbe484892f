#include "studio/attention/map_figure.h"

#include "models/io/npy.h"
#include "studio/common/theme.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QFontMetricsF>
#include <QPainter>
#include <QSaveFile>
#include <QSvgGenerator>

#include <algorithm>
#include <cmath>
#include <limits>

namespace mien {

namespace {

constexpr double kSide = 240, kMargin = 24, kPixelsPerUnit = 2;

QString tr(const char *text)
{
    return QCoreApplication::translate("mien::MapFigure", text);
}

struct Layout
{
    QFont heading, body, secondary;
    double line, smallLine;
    QSizeF size;
};

MapSheetPainter painterOf(const MapFigure &figure, const Layout &layout, const ThemeColors &colors)
{
    return {figure.sheet, colors, layout.body, layout.secondary};
}

Layout layoutOf(const MapFigure &figure, const ThemeColors &colors)
{
    const Theme &theme = Theme::instance();
    Layout layout{
        theme.font(Theme::Type::Heading), theme.font(Theme::Type::Body), theme.font(Theme::Type::Secondary), 0, 0, {}};
    layout.line = QFontMetricsF(layout.heading).height() + 4;
    layout.smallLine = QFontMetricsF(layout.secondary).height() + 2;
    const MapSheetPainter maps = painterOf(figure, layout, colors);
    layout.size = {maps.widthFor(kSide) + 2 * kMargin,
                   layout.line + double(figure.facts.size()) * layout.smallLine + maps.heightFor(kSide) + 3 * kMargin};
    return layout;
}

void paintFigure(QPainter &painter, const MapFigure &figure, const Layout &layout, const ThemeColors &colors)
{
    painter.fillRect(QRectF(QPointF(), layout.size), Qt::white);
    const double width = layout.size.width() - 2 * kMargin;
    double y = kMargin;
    painter.setFont(layout.heading);
    painter.setPen(colors.text);
    painter.drawText(QRectF(kMargin, y, width, layout.line), Qt::AlignLeft | Qt::AlignVCenter,
                     QFontMetricsF(layout.heading).elidedText(figure.title, Qt::ElideMiddle, width));
    y += layout.line;
    painter.setFont(layout.secondary);
    painter.setPen(colors.secondary);
    for (const QString &fact : figure.facts) {
        painter.drawText(QRectF(kMargin, y, width, layout.smallLine), Qt::AlignLeft | Qt::AlignVCenter,
                         QFontMetricsF(layout.secondary).elidedText(fact, Qt::ElideRight, width));
        y += layout.smallLine;
    }
    painterOf(figure, layout, colors).paint(painter, {kMargin, y + kMargin}, kSide, kPixelsPerUnit);
}

QByteArray pngOf(const MapFigure &figure, const Layout &layout, const ThemeColors &colors)
{
    QImage image((layout.size * kPixelsPerUnit).toSize(), QImage::Format_RGB32);
    image.setDevicePixelRatio(kPixelsPerUnit);
    QPainter painter(&image);
    paintFigure(painter, figure, layout, colors);
    painter.end();
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
}

QByteArray svgOf(const MapFigure &figure, const Layout &layout, const ThemeColors &colors)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setTitle(figure.title);
    generator.setDescription(figure.facts.join(QLatin1Char('\n')));
    generator.setResolution(96);
    generator.setSize(layout.size.toSize());
    generator.setViewBox(QRectF(QPointF(), layout.size));
    QPainter painter(&generator);
    paintFigure(painter, figure, layout, colors);
    painter.end();
    return bytes;
}

/// Part of a file's name: no separators, nothing hidden.
QString fileWord(const QString &word)
{
    QString safe;
    for (const QChar letter : word)
        safe += letter.isLetterOrNumber() || letter == QLatin1Char('_') || letter == QLatin1Char('-')
                    ? letter
                    : QLatin1Char('-');
    return safe;
}

} // namespace

namespace {

Result<QStringList> writeRow(const MapRow &row, const QString &file)
{
    const HeatMap &shape = row.draws.front().view;
    std::vector<float> values;
    for (const MapRow::Draw &draw : row.draws) {
        values.insert(values.end(), draw.view.values.begin(), draw.view.values.end());
        values.insert(values.end(), draw.mirrored.values.begin(), draw.mirrored.values.end());
    }
    if (const auto saved = writeNpy(file.toStdString(), std::span<const float>(values),
                                    {std::int64_t(row.draws.size()), 2, shape.heightCells, shape.widthCells});
        !saved)
        return fail(saved.error());
    return QStringList{file};
}

Result<QStringList> writeDrawing(const FaceDrawing &drawing, const QString &file)
{
    const int side = drawing.original.width();
    std::vector<float> pictures;
    for (const QImage *picture : {&drawing.original, &drawing.masked, &drawing.drawn})
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x)
                for (const int value :
                     {qRed(picture->pixel(x, y)), qGreen(picture->pixel(x, y)), qBlue(picture->pixel(x, y))})
                    pictures.push_back(float(value) / 255.f);
    std::vector<float> errors(drawing.errors.values.size(), std::numeric_limits<float>::quiet_NaN());
    for (const int cell : drawing.hidden)
        errors[std::size_t(cell)] = drawing.errors.values[std::size_t(cell)];
    const QFileInfo target(file);
    const QString errorFile = target.dir().filePath(target.completeBaseName() + QStringLiteral(".error.npy"));
    if (const auto saved = writeNpy(file.toStdString(), std::span<const float>(pictures), {3, side, side, 3}); !saved)
        return fail(saved.error());
    if (const auto saved = writeNpy(errorFile.toStdString(), std::span<const float>(errors),
                                    {drawing.errors.heightCells, drawing.errors.widthCells});
        !saved)
        return fail(saved.error());
    return QStringList{file, errorFile};
}

} // namespace

Result<QStringList> writeMaps(const MapSheet &sheet, const QString &path)
{
    std::size_t rows = 0;
    for (const MapBlock &block : sheet.blocks)
        rows += block.rows.size();
    if (rows == 0)
        return fail(ErrorCode::Invalid, tr("There is no map of this face to write.").toStdString());
    const QFileInfo target(path);
    QStringList written;
    for (const MapBlock &block : sheet.blocks) {
        for (const MapRow &row : block.rows) {
            const QString file = rows == 1 ? path
                                           : target.dir().filePath(QStringLiteral("%1.%2.%3.npy")
                                                                       .arg(target.completeBaseName(),
                                                                            fileWord(block.run), fileWord(row.name)));
            const auto files = row.drawing ? writeDrawing(*row.drawing, file) : writeRow(row, file);
            if (!files)
                return fail(files.error());
            written << *files;
        }
    }
    return written;
}

Result<QStringList> writeFigure(const MapFigure &figure, const QString &path)
{
    const QString ending = QFileInfo(path).suffix().toLower();
    if (ending == QLatin1String("npy"))
        return writeMaps(figure.sheet, path);
    if (ending != QLatin1String("png") && ending != QLatin1String("svg"))
        return fail(ErrorCode::Invalid,
                    tr("%1 is no name for a figure: it ends in .png, .svg or .npy.").arg(path).toStdString());
    const ThemeColors colors = Theme::colorsOf(false);
    const Layout layout = layoutOf(figure, colors);
    const QByteArray bytes =
        ending == QLatin1String("svg") ? svgOf(figure, layout, colors) : pngOf(figure, layout, colors);
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return fail(ErrorCode::Unreadable, tr("Cannot write %1: %2.").arg(path, file.errorString()).toStdString());
    return QStringList{path};
}

} // namespace mien
