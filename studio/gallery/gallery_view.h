#pragma once

#include "studio/common/project_session.h"
#include "studio/gallery/range_selection.h"

#include <QAbstractScrollArea>
#include <QPointer>

#include <optional>

namespace mien {

class SampleListModel;
class ThumbnailLoader;
struct SampleRow;

/// Faces edge to edge. Layout is arithmetic, nothing is stored per item, so a million rows cost what a thousand cost.
/// Pictures come from a ThumbnailLoader: what is visible first, then two screens in the direction of scrolling.
class GalleryView : public QAbstractScrollArea
{
    Q_OBJECT

public:
    explicit GalleryView(QWidget *parent = nullptr);
    ~GalleryView() override;

    void setModel(SampleListModel *model);
    SampleListModel *model() const { return m_model; }
    ThumbnailLoader &thumbnails() const { return *m_thumbnails; }

    void setCellSide(int logicalPx); ///< 32 to 400; the first visible face stays first.
    int cellSide() const { return m_side; }
    int columns() const { return m_columns; }

    const RangeSelection &selection() const { return m_selection; }
    void setSelection(const RangeSelection &selection);
    std::vector<SampleId> selectedIds() const;   ///< In the order of the list.
    int currentRow() const { return m_current; } ///< -1: none.
    void setCurrentRow(int row);                 ///< Scrolls to it and selects it alone.
    int firstVisibleRow() const;
    void scrollToRow(int row, bool toTop = false);

    QRect cellRect(int row) const;             ///< In the viewport.
    int rowAtPoint(const QPoint &point) const; ///< -1 between cells.
    bool isSettled() const;                    ///< All visible pictures are drawn.
    double lastPaintMs() const { return m_lastPaintMs; }

Q_SIGNALS:
    void currentChanged(int row);
    void selectionChanged();
    void activated(int row); ///< Double click or Enter.
    void cellSideChanged(int side);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void scrollContentsBy(int dx, int dy) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void leaveEvent(QEvent *event) override;
    bool viewportEvent(QEvent *event) override;
    void changeEvent(QEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;

private:
    struct Block
    {
        int first = 0, count = 0; ///< Rows.
        qint64 top = 0;           ///< Content y of its header (or of its first line without one).
        qint64 bottom = 0;
    };
    void relayout();
    int headerHeight() const;
    int gap() const { return 4; }
    int pitch() const { return m_side + gap(); }
    const Block *blockOf(int row) const;
    QRect contentRect(int row) const;
    std::pair<int, int> visibleRows() const; ///< First and one past the last.
    std::pair<int, int> rowsBetween(qint64 top, qint64 bottom) const;
    int pictureSidePx() const;
    void requestPictures();
    void moveCurrent(int row, Qt::KeyboardModifiers modifiers);
    void changeSelection(const RangeSelection &selection);
    void paintCell(QPainter &painter, int row, const QRect &cell) const;
    void paintHeader(QPainter &painter, int section, int y) const;
    void updateRubberBand(const QPoint &viewportPoint);
    QString toolTipOf(int row) const;

    QPointer<SampleListModel> m_model;
    ThumbnailLoader *m_thumbnails;
    int m_side = 96;
    int m_columns = 1;
    qint64 m_contentHeight = 0;
    std::vector<Block> m_blocks;
    bool m_headers = false;
    RangeSelection m_selection, m_bandBase;
    int m_current = -1, m_anchor = -1, m_hover = -1;
    std::optional<QPoint> m_bandStart; ///< In the content.
    QRect m_band;                      ///< In the content; null while there is none.
    int m_scrollDirection = 1;
    double m_lastPaintMs = 0;
    std::vector<SampleId> m_selectedBefore; ///< Kept over a model reset, when it is small.
    SampleId m_currentBefore, m_firstBefore;
};

} // namespace mien
