#pragma once

#include "pipeline/store/ids.h"
#include "studio/attention/face_maps.h"

#include <QFont>
#include <QImage>
#include <QRectF>
#include <QString>

#include <optional>
#include <vector>

class QPainter;

namespace mien {

struct ThemeColors;

/// What one row of a sheet shows: the maps of one class or part in all draws that are there yet.
struct MapRow
{
    QString words;              ///< "given Happiness · 12 %"
    std::optional<ClassId> cls; ///< Its chip stands before the words.
    QString name;               ///< As in NamedMap, for the names of files.
    float factor = 1;           ///< Of the values, for colours and scale.
    struct Draw
    {
        QRectF erased;           ///< In units of the face's side; empty: nothing.
        HeatMap view, mirrored;  ///< The latter may be empty, of draw 0 until it is there.
        std::vector<int> hidden; ///< Cells that the network never looks at.
    };
    std::vector<Draw> draws;            ///< Draw 0 first; empty for a drawing alone.
    std::optional<FaceDrawing> drawing; ///< Instead of maps.
};

/// The rows of one run, on one scale.
struct MapBlock
{
    QString run;     ///< "r3"
    QString title;   ///< "r3 · eac-compact"
    QString message; ///< Instead of rows: that they are on their way, or why there are none.
    QString unit;    ///< What a colour means: "evidence for the class".
    std::vector<MapRow> rows;
};

/// The maps of one face, run by run, as they are painted on the page and into a figure.
struct MapSheet
{
    QImage face;
    ColourScale scale = ColourScale::Viridis;
    double opacity = 0.6;
    int erasedDraws = 0; ///< Cells for draws 1 to this one; 0: none.
    std::vector<MapBlock> blocks;
};

/// Paints a sheet: of each row the face, its mirror image turned back, their difference, and the erased faces, each
/// with its map; below the rows of a run the scales. Colours of the maps mean positive evidence, from 0 to the largest
/// of the run, so that a class with little evidence looks like it; the difference is signed. Of a drawing: the face,
/// what the network saw of it, what it drew, and its errors.
class MapSheetPainter
{
public:
    MapSheetPainter(const MapSheet &sheet, const ThemeColors &colors, const QFont &body, const QFont &secondary);

    /// Side of the large maps where a sheet of this width is full.
    double sideFor(double width) const;
    double widthFor(double side) const;
    double heightFor(double side) const;
    /// @param ratio  pixels of a map for each unit of the painter
    void paint(QPainter &painter, QPointF topLeft, double side, double ratio) const;

    static constexpr double leastSide = 84;

private:
    struct Span
    {
        float high;  ///< Of the evidence.
        float reach; ///< Of the difference, to either side.
    };
    Span spanOf(const MapBlock &block) const;
    double blockHeight(const MapBlock &block, double side) const;
    double smallSide(double side) const;
    double drawingSide(double side) const;
    void paintBlock(QPainter &painter, const MapBlock &block, QPointF topLeft, double side, double ratio) const;
    void paintRow(QPainter &painter, const MapRow &row, const Span &span, QPointF topLeft, double side,
                  double ratio) const;
    void paintDrawings(QPainter &painter, const MapBlock &block, QPointF topLeft, double side, double ratio) const;
    void paintErrors(QPainter &painter, const QRectF &box, const FaceDrawing &drawing, float high, double ratio) const;
    void paintCell(QPainter &painter, const QRectF &box, const HeatMap &map, ColourScale scale, float low, float high,
                   const MapRow::Draw *marked, double ratio) const;
    void paintLegend(QPainter &painter, const QRectF &box, ColourScale scale, float low, float high,
                     const QString &unit) const;

    const MapSheet &m_sheet;
    const ThemeColors &m_colors;
    QFont m_body, m_secondary;
    double m_line, m_smallLine; ///< Heights of a line of either font.
};

/// The sheet in words, for a screen reader.
QString spoken(const MapSheet &sheet);

} // namespace mien
