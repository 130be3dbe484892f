#include "studio/review/face_view.h"

#include "studio/common/theme.h"

#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>

#include <algorithm>
#include <array>
#include <cmath>

namespace mien {

QImage withContrast(const QImage &image, int steps)
{
    if (steps == 0 || image.isNull())
        return image;
    const double gain = std::pow(1.15, steps);
    std::array<uchar, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i)
        table[i] = static_cast<uchar>(std::clamp((static_cast<double>(i) - 127.5) * gain + 127.5, 0.0, 255.0));
    QImage changed = image.format() == QImage::Format_Grayscale8 ? image : image.convertToFormat(QImage::Format_RGB888);
    const int bytes = changed.width() * (changed.format() == QImage::Format_Grayscale8 ? 1 : 3);
    for (int y = 0; y < changed.height(); ++y) {
        uchar *line = changed.scanLine(y);
        for (int x = 0; x < bytes; ++x)
            line[x] = table[line[x]];
    }
    return changed;
}

FaceView::FaceView(QWidget *parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("reviewFace"));
    setAccessibleName(tr("Face under review"));
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void FaceView::setFace(const QImage &face)
{
    m_face = face;
    m_message.clear();
    m_shown = withContrast(m_face, m_contrast);
    m_pan = {};
    update();
}

void FaceView::setMessage(const QString &message)
{
    m_face = m_shown = {};
    m_message = message;
    update();
}

void FaceView::setSmooth(bool smooth)
{
    m_smooth = smooth;
    update();
}

void FaceView::zoomBy(double factor)
{
    m_zoom = std::clamp(m_zoom * factor, 1.0, 8.0);
    if (m_zoom == 1.0)
        m_pan = {};
    update();
}

void FaceView::resetView()
{
    m_zoom = 1;
    m_pan = {};
    m_contrast = 0;
    m_shown = m_face;
    update();
}

void FaceView::changeContrast(int steps)
{
    m_contrast = std::clamp(m_contrast + steps, -5, 10);
    m_shown = withContrast(m_face, m_contrast);
    update();
}

void FaceView::setHidden(bool hidden)
{
    m_hidden = hidden;
    update();
}

QSize FaceView::sizeHint() const
{
    return {Theme::space(420), Theme::space(420)};
}

QSize FaceView::minimumSizeHint() const
{
    return {Theme::space(160), Theme::space(160)};
}

QRectF FaceView::faceRect() const
{
    const double margin = Theme::space(12);
    const QRectF space = QRectF(rect()).adjusted(margin, margin, -margin, -margin);
    QSizeF size = QSizeF(m_face.size()).scaled(space.size(), Qt::KeepAspectRatio) * m_zoom;
    QRectF face(QPointF(), size);
    face.moveCenter(QRectF(rect()).center() + m_pan);
    return face;
}

void FaceView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const ThemeColors &colors = Theme::instance().colors();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors.canvas);
    painter.drawRoundedRect(rect(), 6, 6);
    if (m_face.isNull()) {
        painter.setPen(colors.secondary);
        painter.drawText(rect().adjusted(24, 24, -24, -24), Qt::AlignCenter | Qt::TextWordWrap, m_message);
        return;
    }
    const QRectF face = faceRect();
    if (m_hidden) {
        painter.setPen(QPen(colors.secondary, 1, Qt::DashLine));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(face);
        painter.setPen(colors.secondary);
        painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap,
                         tr("This face is hidden.\nH shows it, X says it is no face, K skips it."));
        return;
    }
    painter.setClipRect(rect());
    painter.setRenderHint(QPainter::SmoothPixmapTransform, m_smooth);
    painter.drawImage(face, m_shown);
}

void FaceView::wheelEvent(QWheelEvent *event)
{
    zoomBy(std::pow(1.0015, event->angleDelta().y()));
    event->accept();
}

void FaceView::mousePressEvent(QMouseEvent *event)
{
    m_dragFrom = event->position();
}

void FaceView::mouseMoveEvent(QMouseEvent *event)
{
    if (m_zoom <= 1.0 || !(event->buttons() & Qt::LeftButton))
        return;
    m_pan += event->position() - m_dragFrom;
    m_dragFrom = event->position();
    update();
}

void FaceView::mouseDoubleClickEvent(QMouseEvent *)
{
    resetView();
}

} // namespace mien
