#include "pipeline/demo/canvas.h"

#include "pipeline/demo/seeded_random.h"

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

constexpr int subRows = 4;

double signedArea(const Path &path)
{
    double area = 0;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const Point &a = path[i], &b = path[(i + 1) % path.size()];
        area += a.x * b.y - b.x * a.y;
    }
    return area;
}

struct Crossing
{
    double x = 0;
    int direction = 0;
};

/// Adds the part of each pixel between two places on one sub-row.
void addSpan(float *row, int left, int width, double from, double to)
{
    from = std::max(from, double(left));
    to = std::min(to, double(left + width));
    if (to <= from)
        return;
    const int first = int(from), last = std::min(int(to), left + width - 1);
    const float share = 1.0f / subRows;
    if (first == last) {
        row[first - left] += float(to - from) * share;
        return;
    }
    row[first - left] += float(first + 1 - from) * share;
    for (int x = first + 1; x < last; ++x)
        row[x - left] += share;
    row[last - left] += float(to - last) * share;
}

} // namespace

Colour Paint::at(double x, double y) const
{
    const double dx = toAt.x - fromAt.x, dy = toAt.y - fromAt.y;
    const double share = ((x - fromAt.x) * dx + (y - fromAt.y) * dy) / std::max(1e-9, dx * dx + dy * dy);
    return from.mixed(to, std::clamp(share, 0.0, 1.0));
}

float Canvas::Mask::at(int x, int y) const
{
    if (x < left || y < top || x >= left + width || y >= top + height)
        return 0;
    return cover[std::size_t(y - top) * std::size_t(width) + std::size_t(x - left)];
}

Canvas::Canvas(int widthPx, int heightPx)
    : m_width(widthPx)
    , m_height(heightPx)
    , m_rgb(std::size_t(widthPx) * std::size_t(heightPx) * 3)
{
}

Canvas::Mask Canvas::mask(std::span<const Path> shape) const
{
    double left = m_width, top = m_height, right = 0, bottom = 0;
    for (const Path &path : shape) {
        for (const Point &point : path) {
            left = std::min(left, point.x);
            right = std::max(right, point.x);
            top = std::min(top, point.y);
            bottom = std::max(bottom, point.y);
        }
    }
    Mask mask;
    mask.left = std::clamp(int(std::floor(left)), 0, m_width);
    mask.top = std::clamp(int(std::floor(top)), 0, m_height);
    mask.width = std::clamp(int(std::ceil(right)), mask.left, m_width) - mask.left;
    mask.height = std::clamp(int(std::ceil(bottom)), mask.top, m_height) - mask.top;
    mask.cover.assign(std::size_t(mask.width) * std::size_t(mask.height), 0);
    if (mask.cover.empty())
        return mask;
    struct Part
    {
        const Path *path;
        int turn; ///< Every path counts as a part, whichever way it runs.
        double top, bottom;
    };
    std::vector<Part> parts;
    for (const Path &path : shape) {
        Part part{&path, signedArea(path) < 0 ? -1 : 1, m_height * 1.0, 0};
        for (const Point &point : path) {
            part.top = std::min(part.top, point.y);
            part.bottom = std::max(part.bottom, point.y);
        }
        parts.push_back(part);
    }
    std::vector<Crossing> crossings;
    for (int sub = 0; sub < mask.height * subRows; ++sub) {
        const double y = mask.top + (sub + 0.5) / subRows;
        crossings.clear();
        for (const Part &part : parts) {
            if (y < part.top || y > part.bottom)
                continue;
            const Path &path = *part.path;
            for (std::size_t i = 0; i < path.size(); ++i) {
                const Point &a = path[i], &b = path[i + 1 < path.size() ? i + 1 : 0];
                if ((a.y <= y) != (b.y <= y))
                    crossings.push_back(
                        {a.x + (y - a.y) * (b.x - a.x) / (b.y - a.y), (a.y < b.y ? 1 : -1) * part.turn});
            }
        }
        std::sort(crossings.begin(), crossings.end(), [](const Crossing &a, const Crossing &b) { return a.x < b.x; });
        float *const row = mask.cover.data() + std::size_t(sub / subRows) * std::size_t(mask.width);
        int winding = 0;
        for (std::size_t i = 0; i + 1 < crossings.size(); ++i) {
            winding += crossings[i].direction;
            if (winding != 0)
                addSpan(row, mask.left, mask.width, crossings[i].x, crossings[i + 1].x);
        }
    }
    for (float &cover : mask.cover)
        cover = std::min(cover, 1.0f);
    return mask;
}

void Canvas::blend(int x, int y, const Colour &colour, double alpha)
{
    float *const pixel = m_rgb.data() + pixelAt(x, y);
    pixel[0] += float((colour.r - pixel[0]) * alpha);
    pixel[1] += float((colour.g - pixel[1]) * alpha);
    pixel[2] += float((colour.b - pixel[2]) * alpha);
}

void Canvas::fill(std::span<const Path> shape, const Paint &paint, double alpha, const Mask *clip)
{
    const Mask cover = mask(shape);
    for (int y = cover.top; y < cover.top + cover.height; ++y) {
        for (int x = cover.left; x < cover.left + cover.width; ++x) {
            double share = cover.at(x, y) * alpha;
            if (clip)
                share *= clip->at(x, y);
            if (share > 0)
                blend(x, y, paint.at(x + 0.5, y + 0.5), share);
        }
    }
}

void Canvas::stroke(const Path &line, double start, double middle, double end, const Paint &paint, double alpha,
                    const Mask *clip)
{
    if (line.size() < 2)
        return;
    std::vector<Path> shape;
    const auto radius = [&](std::size_t i) {
        const double t = double(i) / double(line.size() - 1);
        return 0.5 * (t < 0.5 ? start + (middle - start) * t * 2 : middle + (end - middle) * (t * 2 - 1));
    };
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
        const Point &a = line[i], &b = line[i + 1];
        const double length = std::hypot(b.x - a.x, b.y - a.y);
        if (length < 1e-9)
            continue;
        const double nx = -(b.y - a.y) / length, ny = (b.x - a.x) / length, ra = radius(i), rb = radius(i + 1);
        shape.push_back({{a.x + nx * ra, a.y + ny * ra},
                         {b.x + nx * rb, b.y + ny * rb},
                         {b.x - nx * rb, b.y - ny * rb},
                         {a.x - nx * ra, a.y - ny * ra}});
    }
    for (std::size_t i = 0; i < line.size(); ++i)
        shape.push_back(ellipse(line[i], radius(i), radius(i)));
    fill(shape, paint, alpha, clip);
}

void Canvas::glow(Point centre, double radiusX, double radiusY, const Colour &colour, double alpha, const Mask *clip)
{
    const int left = std::max(0, int(centre.x - radiusX)), right = std::min(m_width - 1, int(centre.x + radiusX));
    const int top = std::max(0, int(centre.y - radiusY)), bottom = std::min(m_height - 1, int(centre.y + radiusY));
    for (int y = top; y <= bottom; ++y) {
        for (int x = left; x <= right; ++x) {
            const double dx = (x + 0.5 - centre.x) / radiusX, dy = (y + 0.5 - centre.y) / radiusY;
            const double inside = 1 - dx * dx - dy * dy;
            if (inside > 0)
                blend(x, y, colour, alpha * inside * inside * (clip ? clip->at(x, y) : 1));
        }
    }
}

void Canvas::develop(double leftLight, double rightLight, double topLight, double bottomLight, double contrast,
                     double grain, std::uint64_t seed)
{
    SeededRandom random(seed);
    for (int y = 0; y < m_height; ++y) {
        const double v = (y + 0.5) / m_height;
        for (int x = 0; x < m_width; ++x) {
            const double u = (x + 0.5) / m_width;
            const double light = (leftLight + (rightLight - leftLight) * u) * (topLight + (bottomLight - topLight) * v);
            const double noise = grain * (random.uniform() + random.uniform() + random.uniform() - 1.5);
            float *const pixel = m_rgb.data() + pixelAt(x, y);
            for (int c = 0; c < 3; ++c)
                pixel[c] = float(0.5 + (pixel[c] * light - 0.5) * contrast + noise);
        }
    }
}

Picture Canvas::picture() const
{
    Picture picture;
    picture.widthPx = m_width;
    picture.heightPx = picture.decodedRows = m_height;
    picture.channels = 3;
    picture.pixels.reserve(m_rgb.size());
    for (const float value : m_rgb)
        picture.pixels.push_back(std::uint8_t(std::clamp(value, 0.0f, 1.0f) * 255.0f + 0.5f));
    return picture;
}

Path curveThrough(const Path &points, bool isClosed)
{
    constexpr int steps = 8; // between two points
    Path curve;
    const int count = int(points.size());
    const auto at = [&](int i) {
        return points[std::size_t(isClosed ? (i + count) % count : std::clamp(i, 0, count - 1))];
    };
    const int spans = isClosed ? count : count - 1;
    for (int i = 0; i < spans; ++i) {
        const Point p0 = at(i - 1), p1 = at(i), p2 = at(i + 1), p3 = at(i + 2);
        for (int step = 0; step < steps; ++step) { // Catmull-Rom
            const double t = double(step) / steps, t2 = t * t, t3 = t2 * t;
            const auto mix = [&](double a, double b, double c, double d) {
                return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t2 + (3 * b - a - 3 * c + d) * t3);
            };
            curve.push_back({mix(p0.x, p1.x, p2.x, p3.x), mix(p0.y, p1.y, p2.y, p3.y)});
        }
    }
    if (!isClosed)
        curve.push_back(points.back());
    return curve;
}

Path ellipse(Point centre, double radiusX, double radiusY)
{
    constexpr int corners = 20;
    static const Path unit = [] {
        Path circle;
        for (int i = 0; i < corners; ++i) {
            const double angle = 2 * 3.14159265358979323846 * i / corners;
            circle.push_back({std::cos(angle), std::sin(angle)});
        }
        return circle;
    }();
    Path path;
    path.reserve(corners);
    for (const Point &point : unit)
        path.push_back({centre.x + radiusX * point.x, centre.y + radiusY * point.y});
    return path;
}

} // namespace mien
