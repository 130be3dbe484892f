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
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    const ThemeColors &colors = Theme::instance().colors();
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors.canvas);
    painter.drawRoundedRect(rect(), 6, 6);
    QRectF place = rect();
    if (m_found.picture.isNull()) {
        painter.setPen(colors.secondary);
        const int margin = Theme::space(16);
        const bool isWaiting = m_message.isEmpty() && m_isBusy;
        painter.drawText(rect().adjusted(margin, margin, -margin, -margin), Qt::AlignCenter | Qt::TextWordWrap,
                         isWaiting ? tr("Looking for faces…") : m_message);
    } else {
        const double margin = Theme::space(4);
        const QRectF space = QRectF(rect()).adjusted(margin, margin, -margin, -margin);
        place = QRectF(QPointF(), QSizeF(m_found.picture.size()).scaled(space.size(), Qt::KeepAspectRatio));
        place.moveCenter(space.center());
        painter.drawImage(place, m_found.picture);
        paintFoundFaces(painter, m_found, place);
        paintWords(painter, m_caption, place.bottomLeft(), Qt::BottomLeftCorner);
        if (m_isBusy)
            paintWords(painter, tr("Looking…"), place.topLeft(), Qt::TopLeftCorner);
    }
    if (hasFocus()) {
        painter.setPen(QPen(colors.accent, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 5, 5);
    }
}

} // namespace mien
