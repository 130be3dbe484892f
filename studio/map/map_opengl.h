#pragma once

#include "models/base/result.h"
#include "studio/map/map_raster.h"

#include <memory>
#include <span>

class QOpenGLContext;

namespace mien {

/// Draws what MapRaster draws, on a graphics card: one point sprite a point, summed in fp32 and turned into colours in
/// a second pass, so that the order of the points does not show. Pictures differ from the raster's in the last places
/// of a colour and by a quarter of a pixel in place. All members, the destructor too, need the context to be current.
class MapOpenGl
{
public:
    /// @param context  current, OpenGL 3.3 or later; outlives this
    /// @return Invalid where the card lacks what is needed, with what its driver says
    static Result<std::unique_ptr<MapOpenGl>> make(QOpenGLContext &context);
    ~MapOpenGl();

    /// What is drawn. Points and styles stay on the card until others come.
    struct Points
    {
        std::shared_ptr<const MapIndex> index;
        std::shared_ptr<const std::vector<PointStyle>> styles; ///< One of each place of the index.
    };
    /// @param palette  opaque colours, at most 256; every style's colour is one of them
    /// @return ARGB32 premultiplied on nothing; Invalid or NoSpace with what went wrong on the card
    Result<QImage> draw(const Points &points, std::span<const QRgb> palette, const MapPicture &picture);

private:
    struct Card;
    explicit MapOpenGl(std::unique_ptr<Card> card);
    std::unique_ptr<Card> m_card;
};

} // namespace mien
