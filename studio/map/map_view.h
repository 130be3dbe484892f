#pragma once

#include "pipeline/store/ids.h"
#include "studio/map/map_density.h"
#include "studio/map/map_drawer.h"

#include <QImage>
#include <QStringList>
#include <QWidget>

#include <memory>
#include <optional>

class QTimer;

namespace mien {

class MapFaces;

/// A map to look around in. Pictures of it are drawn on worker threads; what is on the screen meanwhile is the last
/// one, moved and scaled, so that a pan never waits. Thumbnails take the place of points when few are in sight.
class MapView : public QWidget
{
    Q_OBJECT

public:
    explicit MapView(MapFaces &faces, QWidget *parent = nullptr);
    ~MapView() override;

    /// @param samples  of each point
    /// All points are alike until setLook().
    /// @param density  null while the map forms
    /// @param keepsPlace  what is in sight stays; else the whole map shows
    void setMap(std::shared_ptr<const MapIndex> index, std::shared_ptr<const std::vector<SampleId>> samples,
                std::shared_ptr<const MapDensity> density, bool keepsPlace);
    void clear();
    /// @param styles  by place of the index; of another length than the map: all alike
    void setLook(std::shared_ptr<const std::vector<PointStyle>> styles, std::vector<QRgb> palette, bool dimsOthers);

    enum class Tool { Pan, Lasso, Rectangle };
    void setTool(Tool tool);
    Tool tool() const { return m_tool; }
    void setPointSize(double times); ///< 0.5 to 3; 1 is usual.
    MapDrawer &drawer() const { return *m_drawer; }
    void showContours(bool shows);
    /// @param words  of each cluster of the density, "1,240 · 12 % flagged"; empty hides the hulls
    void showClusters(QStringList words);

    void fit();                 ///< The whole map, in what is left of the widget.
    void setTaken(int rightPx); ///< Of the widget's right side, by what floats over it.
    void zoomBy(double factor, std::optional<QPointF> around = {}); ///< A point of the widget; its centre.
    void panBy(const QPointF &pixels);
    std::vector<std::uint32_t> pointsInSight() const; ///< Without hidden ones.
    QPointF positionOf(std::uint32_t point) const;    ///< In the widget.
    std::optional<std::uint32_t> pointAt(const QPointF &position) const;
    bool showsShapes() const;                              ///< Points are large enough to tell their shapes.
    bool isSettled() const;                                ///< The picture is that of now.
    const QImage &drawnPicture() const { return m_drawn; } ///< The last one; device pixels.

    /// Centre and zoom, to come back to.
    QRectF place() const;
    void setPlace(const QRectF &area);

Q_SIGNALS:
    /// A line was closed around these. Control takes away, Shift adds, neither replaces.
    void lassoed(const std::vector<std::uint32_t> &points, Qt::KeyboardModifiers modifiers, const QPointF &where);
    void clicked(std::optional<std::uint32_t> point, Qt::KeyboardModifiers modifiers);
    void activated(std::uint32_t point); ///< Double click.
    void hovered(std::optional<std::uint32_t> point, const QPointF &where);
    void moved(); ///< Another part of the map is in sight.
    void drawn();

protected:
    void paintEvent(QPaintEvent *event) override;
    void showEvent(QShowEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void keyReleaseEvent(QKeyEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    MapPicture wantedPicture() const;
    QTransform toWidget() const; ///< Map coordinates to the widget's.
    void change();               ///< Something that shows is another: draws, soon or when the last drawing is done.
    void draw();
    void wantFaces();
    /// Half of these points have their nearest one no further than this; logical pixels.
    double usualDistance(const std::vector<std::uint32_t> &points) const;
    void paintFaces(QPainter &painter) const;
    void paintClusters(QPainter &painter) const;
    void paintContours(QPainter &painter) const;
    void showCursor();
    void endLine(Qt::KeyboardModifiers modifiers);

    MapFaces &m_faces;
    std::shared_ptr<const MapIndex> m_index;
    std::shared_ptr<const std::vector<SampleId>> m_samples;
    std::shared_ptr<const MapDensity> m_density;
    std::shared_ptr<const std::vector<PointStyle>> m_styles;
    std::vector<QRgb> m_palette;
    bool m_dimsOthers = false, m_isFitted = true, m_needsDrawing = false, m_showsContours = false;
    double m_pointSize = 1;
    int m_takenPx = 0;
    QStringList m_clusterWords;

    QPointF m_centre;   ///< Map coordinates.
    double m_scale = 1; ///< Logical pixels for a unit of the map.
    MapDrawer *m_drawer;
    QTimer *m_soon, *m_facesPause;
    QImage m_drawn;
    MapPicture m_drawnPicture;
    std::vector<std::uint32_t> m_close; ///< Points that show their faces.
    int m_faceSide = 0;                 ///< Logical pixels; 0: none show.

    Tool m_tool = Tool::Pan;
    bool m_isSpaceHeld = false;
    enum class Drag { None, Pan, Line } m_drag = Drag::None;
    QPointF m_pressedAt, m_lastAt;
    QPolygonF m_line; ///< Of the lasso, in the widget.
};

} // namespace mien
