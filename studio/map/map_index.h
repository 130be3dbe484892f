#pragma once

#include <QPolygonF>
#include <QRectF>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mien {

/// The points of a map, sorted by the cells of a grid over them: what is drawn, hovered and lassoed touches the cells
/// that it reaches and no other. Map coordinates, y upwards. Reading from several threads is safe.
class MapIndex
{
public:
    MapIndex() = default;
    /// @param layout  x, y of each point, all finite: [N, 2]
    explicit MapIndex(std::span<const float> layout);

    std::size_t count() const { return m_order.size(); }
    QRectF bounds() const { return m_bounds; } ///< Of all points; never without area.

    /// Places are points in the order of their cells; pointAt() is the point's number in the layout.
    float x(std::size_t place) const { return m_x[place]; }
    float y(std::size_t place) const { return m_y[place]; }
    std::uint32_t pointAt(std::size_t place) const { return m_order[place]; }
    std::uint32_t placeOf(std::uint32_t point) const { return m_placeOf[point]; }
    QPointF positionOf(std::uint32_t point) const;

    int cellsPerSide() const { return m_side; }
    /// First and last row of cells (0: lowest y) that this stretch reaches.
    std::pair<int, int> rowsBetween(double lowY, double highY) const;
    /// Places, first and one past the last, of the cells of one row that this stretch reaches.
    std::pair<std::size_t, std::size_t> placesIn(int row, double lowX, double highX) const;

    std::size_t countIn(const QRectF &area) const;                 ///< By whole cells: a bound from above.
    std::vector<std::uint32_t> pointsIn(const QRectF &area) const; ///< Exactly; in the order of the places.
    /// The point that is nearest to `position`, no further than `reach`; nothing when there is none.
    std::optional<std::uint32_t> nearest(const QPointF &position, double reach) const;
    /// The points inside a closed line, by the even-odd rule; ascending.
    std::vector<std::uint32_t> inside(const QPolygonF &line) const;

private:
    int cellAlong(double offset, double length) const;

    QRectF m_bounds{0, 0, 1, 1};
    int m_side = 1;
    std::vector<float> m_x, m_y;
    std::vector<std::uint32_t> m_order, m_placeOf, m_cellStarts;
};

} // namespace mien
