#pragma once

#include <QColor>
#include <QImage>
#include <QSize>

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
};

/// a - b; empty when their sizes differ.
HeatMap difference(const HeatMap &a, const HeatMap &b);

/// Perceptually even scales. Viridis and Cividis for amounts, Signed (blue, grey, orange) for what has a zero.
enum class ColourScale { Viridis, Cividis, Signed };

/// @param t  0 to 1, clamped; 0.5 is the zero of Signed
QColor colourOf(ColourScale scale, double t);

/// The map in colour, scaled bilinearly with the cells' centres where they belong in the picture.
/// @param low, high  values at the ends of the scale; what lies beyond takes the end's colour
QImage heatImage(const HeatMap &map, ColourScale scale, float low, float high, QSize size);

} // namespace mien
