#pragma once

#include "studio/common/theme.h"
#include "studio/map/map_index.h"

#include <QImage>
#include <QTransform>

#include <array>
#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

namespace mien {

/// How one point looks.
struct PointStyle
{
    std::uint8_t color = 0; ///< Place in the palette.
    Marker marker = Marker::Circle;
    bool isHidden = false;
    bool isSelected = false;
    bool isLarge = false;
};

/// The part of a map that a picture shows, and how large its points are.
struct MapPicture
{
    QSize sizePx;              ///< Device pixels.
    QPointF centre;            ///< Map coordinates of the picture's centre.
    double scale = 1;          ///< Device pixels for one unit of the map.
    double radiusPx = 2;       ///< Of a point, in device pixels; 0.5 to 24.
    double opacity = 0.8;      ///< Of a point that lies alone, 0 to 1; where many lie the colour is denser.
    bool showsMarkers = false; ///< Else all are discs: too small for a shape.
    bool dimsOthers = false;   ///< Points that are not selected step back.

    QTransform toPicture() const; ///< Map coordinates to device pixels; y turns round.
    QRectF area() const;          ///< Of the map that shows.
    /// Radius, opacity and shapes for so many points in sight: the fewer there are, the larger each of them.
    /// @param ratio  device pixels to a logical one
    /// @param times  what a person wants them larger or smaller by
    void takeSizesFor(std::size_t points, double ratio, double times = 1);
    bool operator==(const MapPicture &) const = default;
};

/// Draws every point of a map, however many there are: bands of the picture on threads of their own, each summing
/// colour and weight of the points that reach it. Where points overlap, their colours mix by number and cover more.
/// The same input gives the same picture with any number of threads.
class MapRaster
{
public:
    /// @param styles   one of each place of the index (not of each point)
    /// @param palette  opaque colours; every style's colour is one of them
    /// @param threads  at least 1
    /// @return ARGB32 premultiplied on nothing; null when stopped
    QImage draw(const MapIndex &index, std::span<const PointStyle> styles, std::span<const QRgb> palette,
                const MapPicture &picture, int threads, const std::stop_token &stop = {});

private:
    /// Coverage of one marker around a pixel, for places of the centre within it.
    struct Stamp
    {
        int reach = 0;               ///< The stamp covers -reach … reach around the centre's pixel.
        std::vector<float> coverage; ///< [2 reach + 1]², 0 to 1
    };
    static constexpr int kPhases = 4; ///< Places of the centre within a pixel, each way.
    static constexpr int kMarkers = 9;
    using Phases = std::array<Stamp, std::size_t(kPhases) * kPhases>;
    struct Stamps
    {
        double radiusPx = 0;
        std::array<Phases, kMarkers> of;
    };
    static void makeStamps(Stamps &stamps, std::size_t marker, double radiusPx);

    Stamps m_usual, m_large; ///< Of the last picture: its sizes are mostly those of the next.
};

} // namespace mien
