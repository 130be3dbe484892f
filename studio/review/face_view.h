#pragma once

#include <QImage>
#include <QPointF>
#include <QString>
#include <QWidget>

class QPainter;
class QVariantAnimation;

namespace mien {

/// One face, as large as it fits, on the canvas colour. Small faces are drawn smooth or as the pixels they are.
class FaceView : public QWidget
{
    Q_OBJECT

public:
    explicit FaceView(QWidget *parent = nullptr);

    /// The zoom and the contrast stay: they belong to the person, not to the face. Comes with a short fade where the
    /// system asks for no less motion.
    void setFace(const QImage &face);
    /// Shown instead of a face: why there is none.
    void setMessage(const QString &message);
    const QImage &face() const { return m_face; }

    void setSmooth(bool smooth);
    bool isSmooth() const { return m_smooth; }
    void zoomBy(double factor); ///< 1 = the face fills the view; up to 8.
    void resetView();
    double zoom() const { return m_zoom; }
    void setView(double zoom, int contrast); ///< As in the last sitting.
    void changeContrast(int steps);          ///< From -5 to 10 steps of 15 %.
    int contrast() const { return m_contrast; }
    /// A distressing image: only its outline is drawn until shown again.
    void setHidden(bool hidden);
    bool isHiddenFace() const { return m_hidden; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;

private:
    /// A picture as it stands on the screen, so that the frames of a fade do not scale it again.
    struct Drawn
    {
        QImage picture;
        QImage scaled;
        bool smooth = true;
    };
    QRectF rectOf(const QImage &face) const;
    void draw(QPainter &painter, Drawn &drawn) const;

    QImage m_face;
    Drawn m_shown;  ///< With the contrast applied.
    Drawn m_before; ///< Shines through while the next one fades in.
    QVariantAnimation *m_fade;
    QString m_message;
    bool m_smooth = true;
    bool m_hidden = false;
    double m_zoom = 1;
    int m_contrast = 0;
    QPointF m_pan;
    QPointF m_dragFrom;
};

/// The picture with its contrast raised or lowered around middle grey, one step 15 %.
QImage withContrast(const QImage &image, int steps);

} // namespace mien
