#pragma once

#include "pipeline/imaging/imaging.h"

#include <span>
#include <vector>

namespace mien {

struct Point
{
    double x = 0, y = 0;
};
using Path = std::vector<Point>;

struct Colour
{
    double r = 0, g = 0, b = 0; ///< 0–1

    Colour mixed(const Colour &other, double share) const
    {
        return {r + (other.r - r) * share, g + (other.g - g) * share, b + (other.b - b) * share};
    }
    Colour scaled(double factor) const { return {r * factor, g * factor, b * factor}; }
};

/// A colour, or one that changes along a line.
struct Paint
{
    Paint(const Colour &colour)
        : from(colour)
        , to(colour)
    {
    }
    Paint(const Colour &start, const Colour &end, Point startAt, Point endAt)
        : from(start)
        , to(end)
        , fromAt(startAt)
        , toAt(endAt)
    {
    }
    Colour at(double x, double y) const;

    Colour from, to;
    Point fromAt, toAt{0, 1};
};

/// A picture that shapes are painted on, edges smoothed: four sub-rows a pixel, exact along each.
class Canvas
{
public:
    /// How much of each pixel a shape covers.
    struct Mask
    {
        int left = 0, top = 0, width = 0, height = 0;
        std::vector<float> cover;
        float at(int x, int y) const;
    };

    Canvas(int widthPx, int heightPx);

    int widthPx() const { return m_width; }
    int heightPx() const { return m_height; }
    /// Shapes are unions of closed paths, in pixels.
    Mask mask(std::span<const Path> shape) const;
    void fill(std::span<const Path> shape, const Paint &paint, double alpha = 1, const Mask *clip = nullptr);
    void fill(const Path &path, const Paint &paint, double alpha = 1, const Mask *clip = nullptr)
    {
        fill(std::span(&path, 1), paint, alpha, clip);
    }
    /// A line with round ends whose width (px) goes from `start` over `middle` to `end`.
    void stroke(const Path &line, double start, double middle, double end, const Paint &paint, double alpha = 1,
                const Mask *clip = nullptr);
    /// A soft blob that fades out at the given radii.
    void glow(Point centre, double radiusX, double radiusY, const Colour &colour, double alpha,
              const Mask *clip = nullptr);
    /// Light that changes from one side to the other, and grain; `contrast` around middle grey.
    void develop(double leftLight, double rightLight, double topLight, double bottomLight, double contrast,
                 double grain, std::uint64_t seed);

    Picture picture() const;

private:
    void blend(int x, int y, const Colour &colour, double alpha);

    std::size_t pixelAt(int x, int y) const { return (std::size_t(y) * std::size_t(m_width) + std::size_t(x)) * 3; }

    int m_width, m_height;
    std::vector<float> m_rgb;
};

/// A smooth line through the points.
Path curveThrough(const Path &points, bool isClosed);
Path ellipse(Point centre, double radiusX, double radiusY);

} // namespace mien
