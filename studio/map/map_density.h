#pragma once

#include "studio/map/map_index.h"

#include <QPolygonF>

#include <array>
#include <cstdint>
#include <vector>

namespace mien {

/// How dense a map is, on a grid over its points: lines of equal density, and the clusters that stand out. The density
/// is a Gaussian sum whose width is 1/96 of the longer side, or more where points are few: so much that chance makes at
/// most 25 % of it at the median point, by the variance of such a sum (Silverman 1986, 4.3.1: density / 4 pi width²).
/// Clusters are found by ToMATo (Chazal et al. 2013): every cell belongs to the peak it climbs to, and a peak that
/// rises less than 40 % above the pass to a higher one, or less than three times what chance makes, is part of that.
/// Points where it is thinner than 5 % of the highest peak belong to none.
class MapDensity
{
public:
    MapDensity() = default;
    explicit MapDensity(const MapIndex &index);

    /// The closed lines where the density is that of a level, in map coordinates. Levels hold 90, 70, 50, 30 and 10 %
    /// of the points.
    static constexpr std::array<double, 5> kShares{0.9, 0.7, 0.5, 0.3, 0.1};
    const std::vector<QPolygonF> &contours(std::size_t level) const { return m_contours[level]; }

    struct Cluster
    {
        QPolygonF hull;                    ///< Convex, in map coordinates.
        std::vector<std::uint32_t> points; ///< Ascending.
    };
    const std::vector<Cluster> &clusters() const { return m_clusters; } ///< Most points first; at least 5 in each.

private:
    void sumUp(const MapIndex &index, double width); ///< Of the longer side.
    /// How many points the density of a cell rests on, at least 1; chance makes 1/sqrt of that of it.
    double pointsBehind(double density) const;
    void findContours();
    std::vector<QPolygonF> linesAt(float value) const;
    void findClusters(const MapIndex &index);
    std::size_t cellOf(double x, double y) const;
    QPointF centreOf(int column, int row) const;

    int m_columns = 0, m_rows = 0;
    double m_cell = 1, m_width = 0; ///< In map coordinates; of the Gaussian, in cells.
    QPointF m_origin;               ///< Lower left corner of the grid.
    std::vector<float> m_density;
    std::array<std::vector<QPolygonF>, kShares.size()> m_contours;
    std::vector<Cluster> m_clusters;
};

/// Convex hull by Andrew's monotone chain; counter-clockwise where y goes up.
QPolygonF convexHull(std::vector<QPointF> points);

} // namespace mien
