#include "studio/common/found_faces.h"

#include "studio/common/theme.h"

#include <QPainter>

namespace mien {

void paintCanvas(QPainter &painter, const QRectF &canvas)
{
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    painter.setPen(Qt::NoPen);
    painter.setBrush(Theme::instance().colors().canvas);
    painter.drawRoundedRect(canvas, 6, 6);
}

void paintCanvasMessage(QPainter &painter, const QRectF &canvas, const QString &message)
{
    painter.setPen(Theme::instance().colors().secondary);
    const int margin = Theme::space(16);
    painter.drawText(canvas.adjusted(margin, margin, -margin, -margin), Qt::AlignCenter | Qt::TextWordWrap, message);
}

void paintCanvasFocus(QPainter &painter, const QRectF &canvas)
{
    painter.setPen(QPen(Theme::instance().colors().accent, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(canvas.adjusted(1, 1, -1, -1), 5, 5);
}

QRectF placeOnCanvas(const QSizeF &picture, const QRectF &canvas)
{
    const double margin = Theme::space(4);
    const QRectF space = canvas.adjusted(margin, margin, -margin, -margin);
    QRectF place(QPointF(), picture.scaled(space.size(), Qt::KeepAspectRatio));
    place.moveCenter(space.center());
    return place;
}

void paintFaceBox(QPainter &painter, const QRectF &box, const QRectF &place, int widthPx)
{
    const double scale = place.width() / widthPx;
    const QRectF placed(place.topLeft() + box.topLeft() * scale, box.size() * scale);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(0, 0, 0, 160), 4));
    painter.drawRect(placed);
    painter.setPen(QPen(Theme::instance().colors().accent, 2));
    painter.drawRect(placed);
}

void paintFoundFaces(QPainter &painter, const PreviewFaces &found, const QRectF &place)
{
    const double scale = place.width() / found.picture.width();
    painter.save();
    painter.setClipRect(place);
    painter.setBrush(Qt::NoBrush);
    for (const QRectF &box : found.boxes) {
        const QRectF placed(place.topLeft() + box.topLeft() * scale, box.size() * scale);
        painter.setPen(QPen(QColor(0, 0, 0, 140), 3));
        painter.drawRect(placed);
        painter.setPen(QPen(Qt::white, 1));
        painter.drawRect(placed);
    }
    for (const PreviewFace &face : found.faces) {
        paintFaceBox(painter, face.box, place, found.picture.width());
        const double radius = face.landmarks.size() > 5 ? 1.5 : 2.5;
        painter.setPen(QPen(QColor(0, 0, 0, 160), 1));
        painter.setBrush(Qt::white);
        for (const QPointF &point : face.landmarks)
            painter.drawEllipse(place.topLeft() + point * scale, radius, radius);
    }
    painter.restore();
}

} // namespace mien
