#include "studio/map/map_density.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

namespace mien {

namespace {

constexpr int kCellsAlong = 192;                            // of the longer side
constexpr double kLeastWidth = 1.0 / 96, kMostWidth = 0.25; // of the longer side
constexpr double kMostWidthCells = 6;                       // wider ones need no finer grid
constexpr double kPersistence = 0.4, kThinnest = 0.05;
constexpr double kMostNoise = 0.25; // part of the density that chance makes
constexpr double kSurely = 3;       // standard deviations of chance that a peak rises at least
constexpr std::size_t kFewestPoints = 5;

void blur(std::vector<float> &values, int columns, int rows, double width)
{
    const int reach = int(3 * width);
    std::vector<float> weights(std::size_t(2 * reach + 1));
    float sum = 0;
    for (int i = -reach; i <= reach; ++i)
        sum += weights[std::size_t(i + reach)] = float(std::exp(-i * i / (2 * width * width)));
    for (float &weight : weights)
        weight /= sum;
    std::vector<float> once(values.size());
    const auto pass = [&](const std::vector<float> &from, std::vector<float> &to, bool across) {
        const int length = across ? columns : rows, step = across ? 1 : columns;
        for (int row = 0; row < rows; ++row)
            for (int column = 0; column < columns; ++column) {
                const int at = row * columns + column, along = across ? column : row;
                float total = 0;
                for (int i = std::max(-reach, -along); i <= std::min(reach, length - 1 - along); ++i)
                    total += weights[std::size_t(i + reach)] * from[std::size_t(at + i * step)];
                to[std::size_t(at)] = total;
            }
    };
    pass(values, once, true);
    pass(once, values, false);
}

double cross(const QPointF &o, const QPointF &a, const QPointF &b)
{
    return (a.x() - o.x()) * (b.y() - o.y()) - (a.y() - o.y()) * (b.x() - o.x());
}

} // namespace

QPolygonF convexHull(std::vector<QPointF> points)
{
    std::sort(points.begin(), points.end(),
              [](const QPointF &a, const QPointF &b) { return a.x() < b.x() || (a.x() == b.x() && a.y() < b.y()); });
    QPolygonF hull;
    for (const bool isLower : {true, false}) {
        const qsizetype begin = hull.size();
        const auto take = [&](const QPointF &point) {
            while (hull.size() >= begin + 2 && cross(hull[hull.size() - 2], hull.back(), point) <= 0)
                hull.removeLast();
            hull << point;
        };
        if (isLower)
            std::for_each(points.begin(), points.end(), take);
        else
            std::for_each(points.rbegin(), points.rend(), take);
        if (!hull.isEmpty())
            hull.removeLast(); // the other half begins with it
    }
    return hull;
}

MapDensity::MapDensity(const MapIndex &index)
{
    if (index.count() == 0)
        return;
    double width = kLeastWidth;
    for (;;) {
        sumUp(index, width);
        std::vector<float> densities;
        densities.reserve(index.count());
        for (std::size_t place = 0; place < index.count(); ++place)
            densities.push_back(m_density[cellOf(index.x(place), index.y(place))]);
        const auto half = densities.begin() + std::ptrdiff_t(densities.size() / 2);
        std::nth_element(densities.begin(), half, densities.end());
        const double points = pointsBehind(*half), wanted = 1 / (kMostNoise * kMostNoise);
        if (points >= wanted || width >= kMostWidth)
            break;
        width = std::min(kMostWidth, width * std::clamp(std::sqrt(wanted / points), 1.1, 1.5));
    }
    findContours();
    findClusters(index);
}

void MapDensity::sumUp(const MapIndex &index, double width)
{
    const QRectF bounds = index.bounds();
    const double side = std::max(bounds.width(), bounds.height());
    m_cell = side * std::max(1.0 / kCellsAlong, width / kMostWidthCells);
    m_width = width * side / m_cell;
    const int margin = int(3 * m_width) + 2; // around the points, so that every line is closed
    m_columns = int(std::ceil(bounds.width() / m_cell)) + 2 * margin;
    m_rows = int(std::ceil(bounds.height() / m_cell)) + 2 * margin;
    m_origin = bounds.topLeft() - QPointF(margin, margin) * m_cell;
    m_density.assign(std::size_t(m_columns) * std::size_t(m_rows), 0);
    for (std::size_t place = 0; place < index.count(); ++place)
        ++m_density[cellOf(index.x(place), index.y(place))];
    blur(m_density, m_columns, m_rows, m_width);
}

std::size_t MapDensity::cellOf(double x, double y) const
{
    const int column = std::clamp(int((x - m_origin.x()) / m_cell), 0, m_columns - 1);
    const int row = std::clamp(int((y - m_origin.y()) / m_cell), 0, m_rows - 1);
    return std::size_t(row) * std::size_t(m_columns) + std::size_t(column);
}

QPointF MapDensity::centreOf(int column, int row) const
{
    return m_origin + QPointF(column + 0.5, row + 0.5) * m_cell;
}

double MapDensity::pointsBehind(double density) const
{
    return std::max(1.0, 4 * M_PI * m_width * m_width * density - 2); // what a point adds to itself is no evidence
}

void MapDensity::findContours()
{
    std::vector<float> sorted = m_density;
    std::sort(sorted.rbegin(), sorted.rend());
    const double total = std::accumulate(sorted.begin(), sorted.end(), 0.0);
    std::size_t at = 0;
    double held = 0;
    for (std::size_t level = kShares.size(); level-- > 0;) { // from the densest outwards
        for (; at < sorted.size() && held < kShares[level] * total; ++at)
            held += sorted[at];
        const float value = sorted[std::min(at, sorted.size() - 1)];
        m_contours[level] = linesAt(sorted[std::min(at, sorted.size() - 1)]);
    }
}

std::vector<QPolygonF> MapDensity::linesAt(float value) const
{
    // Marching squares: pieces from one edge of the grid to another; of two ways through a saddle either is right. An
    // edge is twice the cell that it goes right of, or one more: that it goes up from.
    struct Piece
    {
        std::array<std::size_t, 2> edges;
        std::array<QPointF, 2> ends;
    };
    std::vector<Piece> pieces;
    const auto columns = std::size_t(m_columns);
    for (int row = 0; row + 1 < m_rows; ++row)
        for (int column = 0; column + 1 < m_columns; ++column) {
            const std::size_t corner = std::size_t(row) * columns + std::size_t(column);
            const std::array corners{m_density[corner], m_density[corner + 1], m_density[corner + columns + 1],
                                     m_density[corner + columns]};
            const std::array places{centreOf(column, row), centreOf(column + 1, row), centreOf(column + 1, row + 1),
                                    centreOf(column, row + 1)};
            const std::array edges{2 * corner, 2 * (corner + 1) + 1, 2 * (corner + columns), 2 * corner + 1};
            Piece piece;
            std::size_t count = 0;
            for (std::size_t i = 0; i < 4; ++i) {
                const std::size_t j = (i + 1) % 4;
                if ((corners[i] > value) == (corners[j] > value))
                    continue;
                const double part = (value - corners[i]) / (corners[j] - corners[i]);
                piece.edges[count % 2] = edges[i];
                piece.ends[count % 2] = places[i] + (places[j] - places[i]) * part;
                if (++count % 2 == 0)
                    pieces.push_back(piece);
            }
        }

    // Joined end to end: every edge that is crossed lies between two cells, so all lines close.
    std::unordered_multimap<std::size_t, std::size_t> piecesAt;
    for (std::size_t i = 0; i < pieces.size(); ++i)
        for (const std::size_t edge : pieces[i].edges)
            piecesAt.emplace(edge, i);
    std::vector<QPolygonF> lines;
    std::vector<bool> isTaken(pieces.size(), false);
    for (std::size_t first = 0; first < pieces.size(); ++first) {
        if (isTaken[first])
            continue;
        QPolygonF line;
        std::size_t piece = first, from = 0;
        while (!isTaken[piece]) {
            isTaken[piece] = true;
            line << pieces[piece].ends[from];
            const std::size_t edge = pieces[piece].edges[1 - from];
            const auto [begin, end] = piecesAt.equal_range(edge);
            for (auto next = begin; next != end; ++next)
                if (!isTaken[next->second]) {
                    piece = next->second;
                    from = pieces[piece].edges[0] == edge ? 0 : 1;
                    break;
                }
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

void MapDensity::findClusters(const MapIndex &index)
{
    const auto leastRise = [this](double peak) {
        return peak * std::max(kPersistence, kSurely / std::sqrt(pointsBehind(peak)));
    };
    const float highest = *std::max_element(m_density.begin(), m_density.end());
    std::vector<std::size_t> cells;
    for (std::size_t cell = 0; cell < m_density.size(); ++cell)
        if (m_density[cell] > 0)
            cells.push_back(cell);
    std::sort(cells.begin(), cells.end(), [this](std::size_t a, std::size_t b) {
        return m_density[a] > m_density[b] || (m_density[a] == m_density[b] && a < b);
    });
    constexpr std::size_t none = SIZE_MAX;
    std::vector<std::size_t> parents(m_density.size(), none); // a peak is its own
    const auto peakOf = [&](std::size_t cell) {
        while (parents[cell] != cell)
            cell = parents[cell] = parents[parents[cell]];
        return cell;
    };
    for (const std::size_t cell : cells) {
        std::vector<std::size_t> peaks; // of the neighbours that are higher; the margin keeps them inside the grid
        for (const int dy : {-1, 0, 1})
            for (const int dx : {-1, 0, 1}) {
                const std::size_t other = std::size_t(std::ptrdiff_t(cell) + dy * m_columns + dx);
                if (other != cell && other < parents.size() && parents[other] != none)
                    peaks.push_back(peakOf(other));
            }
        if (peaks.empty()) {
            parents[cell] = cell;
            continue;
        }
        const std::size_t main = *std::max_element(peaks.begin(), peaks.end(), [this](std::size_t a, std::size_t b) {
            return m_density[a] < m_density[b] || (m_density[a] == m_density[b] && a > b);
        });
        parents[cell] = main;
        for (const std::size_t peak : peaks)
            if (peak != main && m_density[peak] - m_density[cell] < leastRise(m_density[peak]))
                parents[peak] = main;
    }

    std::vector<std::size_t> clusterOf(m_density.size(), none);
    std::vector<Cluster> found;
    for (std::size_t place = 0; place < index.count(); ++place) {
        const std::size_t cell = cellOf(index.x(place), index.y(place));
        if (m_density[cell] < kThinnest * highest)
            continue;
        const std::size_t peak = peakOf(cell);
        if (leastRise(m_density[peak]) > m_density[peak])
            continue; // even from nothing it rises no higher than chance makes it
        std::size_t &cluster = clusterOf[peak];
        if (cluster == none) {
            cluster = found.size();
            found.emplace_back();
        }
        found[cluster].points.push_back(index.pointAt(place));
    }
    for (Cluster &cluster : found) {
        if (cluster.points.size() < kFewestPoints)
            continue;
        std::sort(cluster.points.begin(), cluster.points.end());
        std::vector<QPointF> positions;
        positions.reserve(cluster.points.size());
        for (const std::uint32_t point : cluster.points)
            positions.push_back(index.positionOf(point));
        cluster.hull = convexHull(std::move(positions));
        m_clusters.push_back(std::move(cluster));
    }
    std::stable_sort(m_clusters.begin(), m_clusters.end(),
                     [](const Cluster &a, const Cluster &b) { return a.points.size() > b.points.size(); });
}

} // namespace mien
