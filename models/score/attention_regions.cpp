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

FaceRegions::FaceRegions(const FaceLandmarks &points)
    : m_ofTemplate(!areUseful(points))
{
    const FaceLandmarks used = m_ofTemplate ? scaled(kTemplate, 1 / kTemplateSidePx) : points;
    const Point left = pointOf(used, 0), right = pointOf(used, 1), tip = pointOf(used, 2);
    const Point corner = pointOf(used, 3), otherCorner = pointOf(used, 4);
    const double eyes = std::hypot(right.x - left.x, right.y - left.y);
    m_cosine = (right.x - left.x) / eyes;
    m_sine = (right.y - left.y) / eyes;
    const Point nose = between(between(left, right, 0.5), tip, 0.75);
    const Point mouth = between(corner, otherCorner, 0.5);
    const double mouthWidth = std::hypot(otherCorner.x - corner.x, otherCorner.y - corner.y);
    const auto above = [&](Point eye) { return Point{eye.x + 0.36 * eyes * m_sine, eye.y - 0.36 * eyes * m_cosine}; };
    const Point leftBrow = above(left), rightBrow = above(right);
    m_ellipses = {{{FaceRegion::Eyes, left.x, left.y, 0.36 * eyes, 0.22 * eyes},
                   {FaceRegion::Eyes, right.x, right.y, 0.36 * eyes, 0.22 * eyes},
                   {FaceRegion::Brows, leftBrow.x, leftBrow.y, 0.44 * eyes, 0.16 * eyes},
                   {FaceRegion::Brows, rightBrow.x, rightBrow.y, 0.44 * eyes, 0.16 * eyes},
                   {FaceRegion::Nose, nose.x, nose.y, 0.30 * eyes, 0.34 * eyes},
                   {FaceRegion::Mouth, mouth.x, mouth.y, 0.5 * mouthWidth + 0.16 * eyes, 0.30 * eyes}}};
    for (int y = 0; y < gridSide; ++y)
        for (int x = 0; x < gridSide; ++x)
            m_grid[std::size_t(y) * gridSide + std::size_t(x)] = at((x + 0.5) / gridSide, (y + 0.5) / gridSide);
}

FaceRegion FaceRegions::at(double x, double y) const
{
    FaceRegion found = FaceRegion::Outside;
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
