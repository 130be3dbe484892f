#include "studio/attention/map_sheet_view.h"

#include "studio/common/theme.h"

#include <QEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace mien {

MapSheetView::MapSheetView(QWidget *parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("attentionMaps"));
    setAccessibleName(tr("Attention maps"));
    connect(&Theme::instance(), &Theme::changed, this, &MapSheetView::layOut);
}

MapSheetPainter MapSheetView::painter() const
{
    const Theme &theme = Theme::instance();
    return {m_sheet, theme.colors(), theme.font(Theme::Type::Body), theme.font(Theme::Type::Secondary)};
}

void MapSheetView::setSheet(MapSheet sheet)
{
    m_sheet = std::move(sheet);
    setAccessibleDescription(spoken(m_sheet));
    layOut();
}

void MapSheetView::setRoom(QSize room)
{
    if (room == m_room)
        return;
    m_room = room;
    layOut();
}

void MapSheetView::layOut()
{
    const MapSheetPainter paints = painter();
    const double widest = paints.sideFor(m_room.width());
    double side = widest;
    // Rows grow linearly with the side: two points tell where they fill the height.
    const double at0 = paints.heightFor(0), at100 = paints.heightFor(100);
    if (at100 > at0)
        side = std::min(side, 100 * (m_room.height() - at0) / (at100 - at0));
    // Rather scrolled, and then as large as there is room, than too small to see anything.
    if (side < 1.6 * MapSheetPainter::leastSide)
        side = widest;
    m_side = std::max(std::floor(side), MapSheetPainter::leastSide);
    setMinimumHeight(int(std::ceil(paints.heightFor(m_side))));
    setMinimumWidth(int(std::ceil(paints.widthFor(MapSheetPainter::leastSide))));
    m_picture = {};
    update();
}

void MapSheetView::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::FontChange)
        layOut();
    QWidget::changeEvent(event);
}

void MapSheetView::paintEvent(QPaintEvent *)
{
    const double ratio = devicePixelRatioF();
    if (m_picture.isNull() || m_picture.size() != size() * ratio) {
        m_picture = QPixmap(size() * ratio);
        m_picture.setDevicePixelRatio(ratio);
        m_picture.fill(Qt::transparent);
        QPainter onPicture(&m_picture);
        painter().paint(onPicture, {0, 0}, m_side, ratio);
    }
    QPainter(this).drawPixmap(0, 0, m_picture);
}

} // namespace mien
