#pragma once

#include "studio/attention/map_sheet.h"

#include <QPixmap>
#include <QWidget>

namespace mien {

/// A MapSheet on the page: as large as the width allows and, where that suffices, as all rows fit into the height.
class MapSheetView : public QWidget
{
    Q_OBJECT

public:
    explicit MapSheetView(QWidget *parent = nullptr);

    void setSheet(MapSheet sheet);
    const MapSheet &sheet() const { return m_sheet; }
    /// What there is to fill; more is scrolled.
    void setRoom(QSize room);

protected:
    void paintEvent(QPaintEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    MapSheetPainter painter() const;
    void layOut();

    MapSheet m_sheet;
    QSize m_room;
    double m_side = MapSheetPainter::leastSide;
    QPixmap m_picture; ///< Null: to be painted anew.
};

} // namespace mien
