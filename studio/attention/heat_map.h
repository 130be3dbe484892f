#pragma once

#include <QColor>
#include <QImage>
#include <QSize>
#include <QString>

#include <utility>
#include <vector>

namespace mien {

/// A class's attention over a face: a coarse grid of evidence, of any sign.
struct HeatMap
{
    int widthCells = 0;
    int heightCells = 0;
    std::vector<float> values; ///< Row-major.

    bool isEmpty() const { return values.empty(); }
    float at(int x, int y) const { return values[static_cast<std::size_t>(y * widthCells + x)]; }
    std::pair<float, float> range() const; ///< Smallest and largest value; (0, 0) when empty.
    HeatMap mirrored() const;              ///< Left and right exchanged.
    HeatMap positive() const;              ///< What is below 0 as 0.
    bool isFinite() const;                 ///< Holds nothing that is no number.
};

/// a - b; empty when their sizes differ.
HeatMap difference(const HeatMap &a, const HeatMap &b);

/// Perceptually even scales: for amounts, and Signed (blue, grey, orange) for what has a zero.
enum class ColourScale { Viridis, Cividis, Magma, Grey, Signed };

/// @param t  0 to 1, clamped; 0.5 is the zero of Signed
QColor colourOf(ColourScale scale, double t);

/// The map in colour, scaled bilinearly with the cells' centres where they belong in the picture.
/// @param low, high  values at the ends of the scale; what lies beyond takes the end's colour
QImage heatImage(const HeatMap &map, ColourScale scale, float low, float high, QSize size);

/// The same over the face, which is grey below the colours, so that a colour always means attention.
/// @param opacity  of the map, 0 to 1
QImage overlaid(const QImage &face, const HeatMap &map, ColourScale scale, float low, float high, double opacity,
                QSize size);

/// The map as `mien explain --serve` sends it: little-endian float32 values, base64. Empty when their number does not
/// fit.
HeatMap heatMapIn(const QString &base64, int widthCells, int heightCells);

} // namespace mien
