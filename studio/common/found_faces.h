#pragma once

#include "studio/common/preview_faces.h"

class QPainter;

namespace mien {

/// The rounded ground that pictures are shown on; sets the painter up for them.
void paintCanvas(QPainter &painter, const QRectF &canvas);

/// A sentence in the place of a picture.
void paintCanvasMessage(QPainter &painter, const QRectF &canvas, const QString &message);

/// That the canvas has the focus.
void paintCanvasFocus(QPainter &painter, const QRectF &canvas);

/// Where a picture of these sides is drawn on the canvas: whole, in the middle.
QRectF placeOnCanvas(const QSizeF &picture, const QRectF &canvas);

/// The box of a face in the accent, seen on any picture: a light line within a dark one.
/// @param box      in pixels of the picture
/// @param place    where the picture is drawn, whole
/// @param widthPx  of the picture
void paintFaceBox(QPainter &painter, const QRectF &box, const QRectF &place, int widthPx);

/// All boxes of what was found, thin; those that would be cut out in the accent, with their points. Nothing is drawn
/// outside of `place`, where its picture is drawn.
void paintFoundFaces(QPainter &painter, const PreviewFaces &found, const QRectF &place);

} // namespace mien
