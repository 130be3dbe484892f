#include "studio/predicting/predicted_picture_view.h"

#include "studio/common/found_faces.h"
#include "studio/common/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

namespace mien {

PredictedPictureView::PredictedPictureView(QWidget *parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("predictedPicture"));
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
    describe();
}

QSize PredictedPictureView::sizeHint() const
{
    return {Theme::space(24) * 24, Theme::space(24) * 18};
}

QSize PredictedPictureView::minimumSizeHint() const
{
    return {Theme::space(24) * 10, Theme::space(24) * 8};
}

void PredictedPictureView::setPicture(const QImage &picture, QSize original)
{
    m_picture = picture;
    m_original = original;
    m_message.clear();
    describe();
}

void PredictedPictureView::setFaces(std::vector<Face> faces)
{
    m_faces = std::move(faces);
    m_chosen = m_faces.empty() ? -1 : 0;
    describe();
    Q_EMIT chosenChanged(m_chosen);
}

void PredictedPictureView::setMessage(const QString &message)
{
    m_picture = {};
    m_message = message;
    describe();
}

void PredictedPictureView::choose(int face)
{
    if (face == m_chosen || face < 0 || face >= int(m_faces.size()))
        return;
    m_chosen = face;
    describe();
    Q_EMIT chosenChanged(face);
}

void PredictedPictureView::describe()
{
    setAccessibleName(tr("Picture with the faces that were found"));
    QStringList words;
    for (std::size_t i = 0; i < m_faces.size(); ++i)
        words << (int(i) == m_chosen ? tr("%1 (chosen)").arg(m_faces[i].words) : m_faces[i].words);
    setAccessibleDescription(m_message.isEmpty() ? words.join(QStringLiteral("; ")) : m_message);
    update();
}

QRectF PredictedPictureView::place() const
{
    return placeOnCanvas(m_picture.size(), rect());
}

QRectF PredictedPictureView::placed(const Face &face) const
{
    const QRectF where = place();
    const double scale = where.width() / std::max(1, m_original.width());
    return {where.topLeft() + face.box.topLeft() * scale, face.box.size() * scale};
}

void PredictedPictureView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    paintCanvas(painter, rect());
    if (m_picture.isNull()) {
        paintCanvasMessage(painter, rect(), m_message);
    } else {
        const QRectF where = place();
        painter.drawImage(where, m_picture);
        painter.setClipRect(where);
        painter.setFont(Theme::instance().font(Theme::Type::Secondary));
        const QFontMetricsF metrics(painter.font());
        for (int i = 0; i < int(m_faces.size()); ++i) {
            const Face &face = m_faces[std::size_t(i)];
            const QRectF box = placed(face);
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(QColor(0, 0, 0, 160), i == m_chosen ? 6 : 4));
            painter.drawRect(box);
            painter.setPen(QPen(face.color, i == m_chosen ? 4 : 2));
            painter.drawRect(box);
            // Words above the box, or inside where there is no room above.
            QRectF ground(0, 0, metrics.horizontalAdvance(face.words) + Theme::space(8), metrics.height());
            ground.moveBottomLeft(box.topLeft());
            if (ground.top() < where.top())
                ground.moveTopLeft(box.topLeft());
            ground.moveRight(std::min(ground.right(), where.right()));
            painter.fillRect(ground, face.color);
            painter.setPen(Theme::readableOn(face.color));
            painter.drawText(ground, Qt::AlignCenter, face.words);
        }
        painter.setClipping(false);
    }
    if (hasFocus())
        paintCanvasFocus(painter, rect());
}

void PredictedPictureView::mousePressEvent(QMouseEvent *event)
{
    // Of boxes within each other the smallest is meant.
    int meant = -1;
    for (int i = 0; i < int(m_faces.size()); ++i) {
        const QRectF box = placed(m_faces[std::size_t(i)]);
        if (box.contains(event->position()) && (meant < 0 || box.width() < placed(m_faces[std::size_t(meant)]).width()))
            meant = i;
    }
    choose(meant);
}

void PredictedPictureView::keyPressEvent(QKeyEvent *event)
{
    const int count = int(m_faces.size());
    if (count > 0 && (event->key() == Qt::Key_Right || event->key() == Qt::Key_Left))
        choose((m_chosen + (event->key() == Qt::Key_Right ? 1 : count - 1)) % count);
    else
        QWidget::keyPressEvent(event);
}

} // namespace mien
