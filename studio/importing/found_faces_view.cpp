#include "studio/importing/found_faces_view.h"

#include "studio/common/found_faces.h"
#include "studio/common/theme.h"

#include <QPainter>

namespace mien {

namespace {

/// White on dark: readable on any picture.
void paintWords(QPainter &painter, const QString &words, const QPointF &corner, Qt::Corner which)
{
    painter.setFont(Theme::instance().font(Theme::Type::Secondary));
    const QFontMetricsF metrics(painter.font());
    const double margin = Theme::space(4);
    QRectF ground(0, 0, metrics.horizontalAdvance(words) + 2 * margin, metrics.height() + margin);
    if (which == Qt::TopLeftCorner)
        ground.moveTopLeft(corner + QPointF(margin, margin));
    else
        ground.moveBottomLeft(corner + QPointF(margin, -margin));
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(0, 0, 0, 170));
    painter.drawRoundedRect(ground, 3, 3);
    painter.setPen(Qt::white);
    painter.drawText(ground, Qt::AlignCenter, words);
}

} // namespace

FoundFacesView::FoundFacesView(QWidget *parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("foundFacesView"));
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
    setMessage({});
}

QSize FoundFacesView::sizeHint() const
{
    return {Theme::space(24) * 14, Theme::space(24) * 9};
}

QSize FoundFacesView::minimumSizeHint() const
{
    return {Theme::space(24) * 8, Theme::space(24) * 6};
}

void FoundFacesView::setFound(const PreviewFaces &found, const QString &caption)
{
    m_found = found;
    m_caption = caption;
    m_message.clear();
    setAccessibleName(tr("Frame with the faces that were found"));
    setAccessibleDescription(tr("%1; %Ln face(s) would be cut out", nullptr, int(found.faces.size())).arg(caption));
    update();
}

void FoundFacesView::setMessage(const QString &message)
{
    m_found = {};
    m_caption.clear();
    m_message = message;
    setAccessibleName(tr("Frame with the faces that were found"));
    setAccessibleDescription(message);
    update();
}

void FoundFacesView::setBusy(bool busy)
{
    m_isBusy = busy;
    update();
}

void FoundFacesView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    paintCanvas(painter, rect());
    if (m_found.picture.isNull()) {
        const bool isWaiting = m_message.isEmpty() && m_isBusy;
        paintCanvasMessage(painter, rect(), isWaiting ? tr("Looking for faces…") : m_message);
    } else {
        const QRectF place = placeOnCanvas(m_found.picture.size(), rect());
        painter.drawImage(place, m_found.picture);
        paintFoundFaces(painter, m_found, place);
        paintWords(painter, m_caption, place.bottomLeft(), Qt::BottomLeftCorner);
        if (m_isBusy)
            paintWords(painter, tr("Looking…"), place.topLeft(), Qt::TopLeftCorner);
    }
    if (hasFocus())
        paintCanvasFocus(painter, rect());
}

} // namespace mien
