#include "studio/review/face_view.h"

#include "studio/common/theme.h"

#include <QMouseEvent>
#include <QPainter>
#include <QVariantAnimation>
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

namespace {
constexpr int kFadeMs = 120;
constexpr double kLargestZoom = 8;
constexpr int kLeastContrast = -5, kMostContrast = 10;
} // namespace

FaceView::FaceView(QWidget *parent)
    : QWidget(parent)
    , m_fade(new QVariantAnimation(this))
{
    m_fade->setDuration(kFadeMs);
    m_fade->setStartValue(0.0);
    m_fade->setEndValue(1.0);
    connect(m_fade, &QVariantAnimation::valueChanged, this, qOverload<>(&QWidget::update));
    connect(m_fade, &QVariantAnimation::finished, this, [this] { m_before = {}; });
    setObjectName(QStringLiteral("reviewFace"));
    setAccessibleName(tr("Face under review"));
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void FaceView::setFace(const QImage &face)
{
    m_fade->stop();
    // What was hidden must not shine through its successor.
    m_before = isVisible() && !m_hidden && Theme::instance().motion() ? m_shown : Drawn();
    m_face = face;
    m_message.clear();
    m_shown = {withContrast(m_face, m_contrast), {}, m_smooth};
    m_pan = {};
    if (!m_before.picture.isNull())
        m_fade->start();
    update();
}

void FaceView::setMessage(const QString &message)
{
    m_fade->stop();
    m_face = {};
    m_shown = m_before = {};
    m_message = message;
    update();
}

void FaceView::setSmooth(bool smooth)
{
    m_smooth = smooth;
    update();
}

void FaceView::setView(double zoom, int contrast)
{
    m_zoom = std::clamp(zoom, 1.0, kLargestZoom);
    if (m_zoom == 1.0)
        m_pan = {};
    m_contrast = std::clamp(contrast, kLeastContrast, kMostContrast);
    m_shown = {withContrast(m_face, m_contrast), {}, m_smooth};
    update();
}

void FaceView::zoomBy(double factor)
{
    setView(m_zoom * factor, m_contrast);
}

void FaceView::resetView()
{
    m_pan = {};
    setView(1, 0);
}

void FaceView::changeContrast(int steps)
{
    setView(m_zoom, m_contrast + steps);
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

QRectF FaceView::rectOf(const QImage &image) const
{
    const double margin = Theme::space(12);
    const QRectF space = QRectF(rect()).adjusted(margin, margin, -margin, -margin);
    QSizeF size = QSizeF(image.size()).scaled(space.size(), Qt::KeepAspectRatio) * m_zoom;
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
    const QRectF face = rectOf(m_face);
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
    if (!m_before.picture.isNull()) {
        draw(painter, m_before);
        painter.setOpacity(m_fade->currentValue().toDouble());
    }
    draw(painter, m_shown);
}

void FaceView::draw(QPainter &painter, Drawn &drawn) const
{
    const QRectF place = rectOf(drawn.picture);
    if (m_zoom > 1) { // larger than the view: scaling all of it would cost more than its part
        painter.setRenderHint(QPainter::SmoothPixmapTransform, m_smooth);
        painter.drawImage(place, drawn.picture);
        return;
    }
    const QSize size = (place.size() * devicePixelRatioF()).toSize();
    if (drawn.scaled.size() != size || drawn.smooth != m_smooth) {
        drawn.smooth = m_smooth;
        drawn.scaled = QImage(size, QImage::Format_RGB32);
        QPainter scaler(&drawn.scaled);
        scaler.setRenderHint(QPainter::SmoothPixmapTransform, m_smooth);
        scaler.drawImage(drawn.scaled.rect(), drawn.picture);
    }
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    painter.drawImage(place, drawn.scaled);
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
