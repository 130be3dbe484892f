#include "studio/map/map_index.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mien {

namespace {

constexpr double kPointsPerCell = 16;
constexpr int kMostCellsPerSide = 512;

struct Edge
{
    double x1, y1, x2, y2;

    bool crosses(double x, double y) const ///< A ray from the point to the right.
    {
        return (y1 > y) != (y2 > y) && x < x1 + (y - y1) / (y2 - y1) * (x2 - x1);
    }
};

} // namespace

MapIndex::MapIndex(std::span<const float> layout)
{
    const std::size_t count = layout.size() / 2;
    if (count == 0) {
        m_cellStarts.assign(2, 0);
        return;
    }
    float lowX = layout[0], highX = lowX, lowY = layout[1], highY = lowY;
    for (std::size_t i = 0; i < count; ++i) {
        lowX = std::min(lowX, layout[2 * i]);
        highX = std::max(highX, layout[2 * i]);
        lowY = std::min(lowY, layout[2 * i + 1]);
        highY = std::max(highY, layout[2 * i + 1]);
    }
    // All in one place, or on a line: a map of them still has two sides.
    const double least = std::max({double(highX) - lowX, double(highY) - lowY, 1e-6 * std::abs(double(lowX)),
                                   1e-6 * std::abs(double(lowY)), 1e-12}) *
                         1e-3;
    const double width = std::max(double(highX) - lowX, least), height = std::max(double(highY) - lowY, least);
    m_bounds = QRectF((double(lowX) + highX - width) / 2, (double(lowY) + highY - height) / 2, width, height);
    m_side = std::clamp(int(std::sqrt(double(count) / kPointsPerCell)), 1, kMostCellsPerSide);

    std::vector<std::uint32_t> cells(count);
    m_cellStarts.assign(std::size_t(m_side) * m_side + 1, 0);
    for (std::size_t i = 0; i < count; ++i) {
        const int column = cellAlong(layout[2 * i] - m_bounds.left(), width);
        const int row = cellAlong(layout[2 * i + 1] - m_bounds.top(), height);
        cells[i] = std::uint32_t(row * m_side + column);
        ++m_cellStarts[cells[i] + 1];
    }
    for (std::size_t cell = 1; cell < m_cellStarts.size(); ++cell)
        m_cellStarts[cell] += m_cellStarts[cell - 1];
    std::vector<std::uint32_t> next(m_cellStarts.begin(), m_cellStarts.end() - 1);
    m_x.resize(count);
    m_y.resize(count);
    m_order.resize(count);
    m_placeOf.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t place = next[cells[i]]++;
        m_x[place] = layout[2 * i];
        m_y[place] = layout[2 * i + 1];
        m_order[place] = std::uint32_t(i);
        m_placeOf[i] = place;
    }
}

QPointF MapIndex::positionOf(std::uint32_t point) const
{
    const std::uint32_t place = m_placeOf[point];
    return {m_x[place], m_y[place]};
}

int MapIndex::cellAlong(double offset, double length) const
{
    return int(std::clamp(std::floor(offset / length * m_side), 0.0, double(m_side - 1)));
}

std::pair<int, int> MapIndex::rowsBetween(double lowY, double highY) const
{
    return {cellAlong(lowY - m_bounds.top(), m_bounds.height()), cellAlong(highY - m_bounds.top(), m_bounds.height())};
}

std::pair<std::size_t, std::size_t> MapIndex::placesIn(int row, double lowX, double highX) const
{
    const std::size_t first = std::size_t(row) * std::size_t(m_side);
    return {m_cellStarts[first + std::size_t(cellAlong(lowX - m_bounds.left(), m_bounds.width()))],
            m_cellStarts[first + std::size_t(cellAlong(highX - m_bounds.left(), m_bounds.width())) + 1]};
}

std::size_t MapIndex::countIn(const QRectF &area) const
{
    if (!area.intersects(m_bounds))
        return 0;
    std::size_t count = 0;
    const auto [firstRow, lastRow] = rowsBetween(area.top(), area.bottom());
    for (int row = firstRow; row <= lastRow; ++row) {
        const auto [first, end] = placesIn(row, area.left(), area.right());
        count += end - first;
    }
    return count;
}

std::vector<std::uint32_t> MapIndex::pointsIn(const QRectF &area) const
{
    std::vector<std::uint32_t> found;
    const auto [firstRow, lastRow] = rowsBetween(area.top(), area.bottom());
    for (int row = firstRow; row <= lastRow; ++row) {
        const auto [first, end] = placesIn(row, area.left(), area.right());
        for (std::size_t place = first; place < end; ++place)
            if (m_x[place] >= area.left() && m_x[place] <= area.right() && m_y[place] >= area.top() &&
                m_y[place] <= area.bottom())
                found.push_back(m_order[place]);
    }
    return found;
}

std::optional<std::uint32_t> MapIndex::nearest(const QPointF &position, double reach) const
{
    std::optional<std::uint32_t> best;
    double least = reach * reach;
    const auto [firstRow, lastRow] = rowsBetween(position.y() - reach, position.y() + reach);
    for (int row = firstRow; row <= lastRow; ++row) {
        const auto [first, end] = placesIn(row, position.x() - reach, position.x() + reach);
        for (std::size_t place = first; place < end; ++place) {
            const double dx = m_x[place] - position.x(), dy = m_y[place] - position.y();
            const double squared = dx * dx + dy * dy;
            if (squared > least || (best && squared == least))
                continue;
            least = squared;
            best = m_order[place];
        }
    }
    return best;
}

std::vector<std::uint32_t> MapIndex::inside(const QPolygonF &line) const
{
    std::vector<std::uint32_t> found;
    if (line.size() < 3 || m_order.empty())
        return found;
    std::vector<Edge> edges;
    for (qsizetype i = 0; i < line.size(); ++i) {
        const QPointF &from = line[i], &to = line[(i + 1) % line.size()];
        edges.push_back({from.x(), from.y(), to.x(), to.y()});
    }
    const QRectF box = line.boundingRect();
    const auto [firstRow, lastRow] = rowsBetween(box.top(), box.bottom());
    std::vector<Edge> near;
    for (int row = firstRow; row <= lastRow; ++row) {
        const auto [first, end] = placesIn(row, box.left(), box.right());
        if (first == end)
            continue;
        const auto [low, high] =
            std::minmax_element(m_y.begin() + std::ptrdiff_t(first), m_y.begin() + std::ptrdiff_t(end));
        near.clear(); // no other edge can cross a ray from a point of this row
        for (const Edge &edge : edges)
            if (std::max(edge.y1, edge.y2) >= *low && std::min(edge.y1, edge.y2) <= *high)
                near.push_back(edge);
        for (std::size_t place = first; place < end; ++place) {
            bool isInside = false;
            for (const Edge &edge : near)
                isInside ^= edge.crosses(m_x[place], m_y[place]);
            if (isInside)
                found.push_back(m_order[place]);
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

} // namespace mien
