#pragma once

#include "studio/common/preview_faces.h"

class QPainter;

namespace mien {

/// The box of a face in the accent, seen on any picture: a light line within a dark one.
/// @param box      in pixels of the picture
/// @param place    where the picture is drawn, whole
/// @param widthPx  of the picture
void paintFaceBox(QPainter &painter, const QRectF &box, const QRectF &place, int widthPx);

/// All boxes of what was found, thin; those that would be cut out in the accent, with their points. Nothing is drawn
/// outside of `place`, where its picture is drawn.
void paintFoundFaces(QPainter &painter, const PreviewFaces &found, const QRectF &place);

} // namespace mien
