#pragma once

#include "studio/map/map_column.h"
#include "studio/map/map_raster.h"

#include <QSet>

namespace mien {

class ProjectSession;

/// One line of the legend.
struct MapLegendEntry
{
    std::int32_t code = -1; ///< In the column; -1: points without a value.
    QString word, chip;     ///< "Happiness", "HA"; chip may be empty.
    QColor color;
    Marker marker = Marker::Circle;
    qint64 points = 0;
};

/// The colours and shapes of a column. Made on the GUI thread, where theme and classes are.
struct MapPalette
{
    std::vector<QRgb> colors;            ///< The last is that of points without a value.
    std::vector<MapLegendEntry> entries; ///< Of Names: one a name, then "none". Of Numbers: empty.
    std::vector<Marker> markers;         ///< Of the second column's names; empty: all discs.
    std::vector<MapLegendEntry> shapes;  ///< Of the second column.
};
MapPalette paletteOf(const MapColumn &color, const MapColumn &shape, const ProjectSession &session);

/// A map that is ready to be drawn.
struct MapLook
{
    std::vector<PointStyle> styles; ///< By place of the index.
    std::vector<qint64> counts;     ///< Points of each entry of the palette, hidden ones too.
    std::vector<qint64> shapeCounts;
    qint64 hidden = 0; ///< By the legend.
    qint64 gone = 0;   ///< Samples that are in no list any more; they are not drawn.
};
/// @param hidden    codes of the colour column that the legend turned off; -1: those without a value
/// @param selected  1 for each selected point
MapLook lookOf(const MapIndex &index, const MapColumns &columns, const MapPalette &palette, const QSet<int> &hidden,
               std::span<const std::uint8_t> selected);

} // namespace mien
