#include "models/score/attention_regions.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mien {

namespace {

constexpr double kTemplateSidePx = 112;
constexpr FaceLandmarks kTemplate{38.2946f, 51.6963f, 73.5318f, 51.5014f, 56.0252f,
                                  71.7366f, 41.5493f, 92.3655f, 70.7299f, 92.2041f};
constexpr double kLeastEyeDistance = 0.02; // of the side: nearer ones are no two eyes

struct Point
{
    double x, y;
};

Point pointOf(const FaceLandmarks &points, std::size_t index)
{
    return {double(points[2 * index]), double(points[2 * index + 1])};
}

Point between(Point a, Point b, double share)
{
    return {a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share};
}

bool areUseful(const FaceLandmarks &points)
{
    const Point left = pointOf(points, 0), right = pointOf(points, 1);
    return areKnown(points) && std::hypot(right.x - left.x, right.y - left.y) >= kLeastEyeDistance;
}

/// Where each point of the grid lies in a row of `cells`: the cell before it, and the part of the way to the next one.
struct Place
{
    int cell, next;
    float part;
};
std::array<Place, FaceRegions::gridSide> placesIn(int cells)
{
    std::array<Place, FaceRegions::gridSide> places;
    for (int i = 0; i < FaceRegions::gridSide; ++i) {
        const float at =
            std::clamp((float(i) + 0.5f) * float(cells) / float(FaceRegions::gridSide) - 0.5f, 0.f, float(cells - 1));
        const int cell = std::min(int(at), cells - 1);
        places[std::size_t(i)] = {cell, std::min(cell + 1, cells - 1), at - float(cell)};
    }
    return places;
}

} // namespace

FaceRegions::FaceRegions(const FaceLandmarks &points, const FaceOutline &outline)
{
    if (takeOutline(outline)) {
        m_from = RegionsFrom::Outline;
    } else if (areUseful(points)) {
        m_from = RegionsFrom::Landmarks;
        takeLandmarks(points);
    } else {
        takeLandmarks(scaled(kTemplate, 1 / kTemplateSidePx));
    }
    for (int y = 0; y < gridSide; ++y)
        for (int x = 0; x < gridSide; ++x)
            m_grid[std::size_t(y) * gridSide + std::size_t(x)] = at((x + 0.5) / gridSide, (y + 0.5) / gridSide);
}

void FaceRegions::takeLandmarks(const FaceLandmarks &points)
{
    const auto [left, right, tip, corner, otherCorner] =
        std::array{pointOf(points, 0), pointOf(points, 1), pointOf(points, 2), pointOf(points, 3), pointOf(points, 4)};
    const double eyes = std::hypot(right.x - left.x, right.y - left.y);
    m_cosine = (right.x - left.x) / eyes;
    m_sine = (right.y - left.y) / eyes;
    const auto nose = between(between(left, right, 0.5), tip, 0.75);
    const auto mouth = between(corner, otherCorner, 0.5);
    const double mouthWidth = std::hypot(otherCorner.x - corner.x, otherCorner.y - corner.y);
    const auto above = [&](const auto &eye) {
        return Point{eye.x + 0.36 * eyes * m_sine, eye.y - 0.36 * eyes * m_cosine};
    };
    const Point leftBrow = above(left), rightBrow = above(right);
    m_ellipses = {{FaceRegion::Eyes, left.x, left.y, 0.36 * eyes, 0.22 * eyes},
                  {FaceRegion::Eyes, right.x, right.y, 0.36 * eyes, 0.22 * eyes},
                  {FaceRegion::Brows, leftBrow.x, leftBrow.y, 0.44 * eyes, 0.16 * eyes},
                  {FaceRegion::Brows, rightBrow.x, rightBrow.y, 0.44 * eyes, 0.16 * eyes},
                  {FaceRegion::Nose, nose.x, nose.y, 0.30 * eyes, 0.34 * eyes},
                  {FaceRegion::Mouth, mouth.x, mouth.y, 0.5 * mouthWidth + 0.16 * eyes, 0.30 * eyes}};
}

bool FaceRegions::takeOutline(const FaceOutline &outline)
{
    if (!areKnown(outline))
        return false;
    const auto part = [&](std::size_t first, std::size_t behind) {
        std::vector<Point> points;
        for (std::size_t i = first; i < behind; ++i)
            points.push_back({double(outline[2 * i]), double(outline[2 * i + 1])});
        return points;
    };
    const auto middleOf = [](const std::vector<Point> &points) {
        Point sum{0, 0};
        for (const Point &point : points)
            sum = {sum.x + point.x / double(points.size()), sum.y + point.y / double(points.size())};
        return sum;
    };
    const auto leftEye = part(36, 42), rightEye = part(42, 48);
    const Point left = middleOf(leftEye), right = middleOf(rightEye);
    const double eyes = std::hypot(right.x - left.x, right.y - left.y);
    if (eyes < kLeastEyeDistance)
        return false;
    const auto add = [&](FaceRegion region, double margin, std::vector<Point> points) {
        m_hulls.push_back({region, margin * eyes, hullOf(std::move(points))});
    };
    add(FaceRegion::Eyes, 0.12, leftEye);
    add(FaceRegion::Eyes, 0.12, rightEye);
    add(FaceRegion::Brows, 0.08, part(17, 22));
    add(FaceRegion::Brows, 0.08, part(22, 27));
    add(FaceRegion::Nose, 0.08, part(27, 36));
    add(FaceRegion::Mouth, 0.08, part(48, 60));
    return true;
}

/// The corners of what the points enclose, by a sweep from the left for its lower and its upper side.
std::vector<FaceRegions::Point> FaceRegions::hullOf(std::vector<Point> points)
{
    std::sort(points.begin(), points.end(),
              [](const Point &a, const Point &b) { return a.x < b.x || (a.x == b.x && a.y < b.y); });
    const auto turn = [](const Point &a, const Point &b, const Point &c) {
        return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
    };
    std::vector<Point> hull;
    for (const bool back : {false, true}) {
        const std::size_t start = hull.size();
        for (std::size_t i = 0; i < points.size(); ++i) {
            const Point &point = back ? points[points.size() - 1 - i] : points[i];
            while (hull.size() >= start + 2 && turn(hull[hull.size() - 2], hull.back(), point) <= 0)
                hull.pop_back();
            hull.push_back(point);
        }
        hull.pop_back(); // where the other side begins
    }
    return hull.empty() ? std::vector<Point>{points.front()} : hull; // all in one place
}

/// How far inside of the hull and its margin a point lies; below 0: outside.
double FaceRegions::depthIn(const Hull &hull, Point point)
{
    double nearest = std::numeric_limits<double>::infinity();
    bool isInside = hull.corners.size() > 2;
    for (std::size_t i = 0; i < hull.corners.size(); ++i) {
        const Point &a = hull.corners[i], &b = hull.corners[(i + 1) % hull.corners.size()];
        const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
        const double along = (point.x - a.x) * dx + (point.y - a.y) * dy;
        const double share = length > 0 ? std::clamp(along / length, 0.0, 1.0) : 0;
        nearest = std::min(nearest, std::hypot(point.x - a.x - share * dx, point.y - a.y - share * dy));
        isInside = isInside && dx * (point.y - a.y) - dy * (point.x - a.x) >= 0;
    }
    return hull.margin + (isInside ? nearest : -nearest);
}

FaceRegion FaceRegions::at(double x, double y) const
{
    FaceRegion found = FaceRegion::Outside;
    double deepest = 0;
    for (const Hull &hull : m_hulls)
        if (const double depth = depthIn(hull, {x, y}); depth > deepest) {
            deepest = depth;
            found = hull.region;
        }
    double nearest = 1;
    for (const Ellipse &ellipse : m_ellipses) {
        const double dx = x - ellipse.x, dy = y - ellipse.y;
        const double along = (dx * m_cosine + dy * m_sine) / ellipse.along;
        const double across = (dy * m_cosine - dx * m_sine) / ellipse.across;
        if (const double distance = along * along + across * across; distance <= nearest) {
            nearest = distance;
            found = ellipse.region;
        }
    }
    return found;
}

RegionShares attentionShares(std::span<const float> map, int height, int width, const FaceRegions &regions)
{
    const auto columns = placesIn(width), rows = placesIn(height);
    std::array<double, faceRegionNames.size()> sums{};
    auto region = regions.grid().begin();
    for (const Place &row : rows) {
        const float *const upper = map.data() + std::size_t(row.cell) * std::size_t(width);
        const float *const lower = map.data() + std::size_t(row.next) * std::size_t(width);
        for (const Place &column : columns) {
            const float above = upper[column.cell] + (upper[column.next] - upper[column.cell]) * column.part;
            const float below = lower[column.cell] + (lower[column.next] - lower[column.cell]) * column.part;
            const float value = above + (below - above) * row.part;
            sums[std::size_t(*region++)] += value < 0 ? 0.0 : double(value); // NaN is kept, and is told below
        }
    }
    double all = 0;
    for (const double sum : sums)
        all += sum;
    RegionShares shares;
    for (std::size_t i = 0; i < shares.size(); ++i)
        shares[i] = all > 0 && std::isfinite(all) ? float(sums[i] / all) : std::numeric_limits<float>::quiet_NaN();
    return shares;
}

} // namespace mien
