#pragma once

#include "studio/attention/explain_client.h"

#include <QImage>
#include <QWidget>

#include <optional>

namespace mien {

/// The attention map over its face; as a pair with the mirrored view when asked, and the difference of the two: where
/// the network looks elsewhere when the face is mirrored. Colour has a legend with the map's own values.
class AttentionPanel : public QWidget
{
    Q_OBJECT

public:
    explicit AttentionPanel(QWidget *parent = nullptr);

    /// The map is drawn over this face. Clears the map.
    void setFace(const QImage &face);
    void setAttention(const Attention &attention, const QString &classWord);
    /// Instead of a map: that it is on its way, or why there is none.
    void setMessage(const QString &message);
    bool hasMap() const { return m_attention.has_value(); }

    void setPair(bool pair); ///< View, mirrored view and difference instead of the view alone.
    bool isPair() const { return m_pair; }
    void setScale(ColourScale scale); ///< Viridis or Cividis.
    void setOpacity(double opacity);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    int fullHeight(int width) const; ///< That a square map of this width takes, with its words; less makes it smaller.

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    struct Span
    {
        ColourScale scale;
        float low, high;
    };
    /// Amounts from their smallest to their largest; what has a sign around its zero.
    Span spanOf(const std::pair<float, float> &range) const;
    void paintMap(class QPainter &painter, const QRectF &box, const QImage &face, const HeatMap &map, ColourScale scale,
                  float low, float high, const QString &caption);
    void paintLegend(class QPainter &painter, const QRectF &box, ColourScale scale, float low, float high,
                     const QString &unit);

    QImage m_face;
    std::optional<Attention> m_attention;
    QString m_classWord, m_message;
    ColourScale m_scale = ColourScale::Viridis;
    double m_opacity = 0.55;
    bool m_pair = false;
};

} // namespace mien
