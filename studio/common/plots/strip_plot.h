#pragma once

#include "pipeline/store/video_labels.h"

#include <QWidget>

#include <optional>
#include <utility>
#include <vector>

namespace mien {

/// What is drawn of one video; made on a worker thread.
struct VideoStrip
{
    DrowsinessStrip curves;
    std::vector<LabelStretch> labels;
    std::vector<DoubtStretch> doubts;
};

/// Eyes, mouth and head of one video over its time, one above the other, below a band of its labels. Hatched: label
/// and eyes disagree. The pointer reads values off; a click, or the arrow keys, choose a moment.
class StripPlot : public QWidget
{
    Q_OBJECT

public:
    explicit StripPlot(QWidget *parent = nullptr);

    void setStrip(VideoStrip strip);
    const VideoStrip &strip() const { return m_strip; }
    void setMoment(double timeS); ///< Of the sample; it stays marked.
    void setPlayed(std::optional<double> timeS);
    std::optional<double> played() const { return m_playedS; }
    /// Without: labels and doubts are not drawn, as blind review wants it.
    void setLabelsShown(bool shown);
    bool areLabelsShown() const { return m_labelsShown; }
    void setZoomed(bool zoomed); ///< The seconds around the moment in place of the whole video.
    bool isZoomed() const { return m_isZoomed; }
    static constexpr double zoomS = 10; ///< Before and behind the moment.

    std::pair<double, double> shownRangeS() const;
    QRectF lanesArea() const;
    double xOf(double timeS) const;
    std::optional<double> timeAt(const QPointF &position) const; ///< Of the nearest frame; none outside the lanes.
    /// "0:03.450 · eyes 97 % open · mouth 2 % · yaw −3° · pitch 5°" of the nearest frame; empty without one.
    QString readingAt(double timeS) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void chosen(double timeS);
    void readingChanged(const QString &reading); ///< Of what the pointer is at; empty: of nothing.
    void left();                                 ///< Escape: the focus belongs elsewhere.

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;

private:
    struct Lane;
    struct Curve;
    std::vector<Lane> lanes() const;
    double bandHeight() const;
    bool hasLegend() const;
    std::size_t nearestFrame(double timeS) const;
    void readOff(std::optional<double> timeS);
    void stepBy(int frames);

    void paintBand(QPainter &painter) const;
    void paintDoubts(QPainter &painter) const;
    void paintLane(QPainter &painter, const Lane &lane, const QRectF &place) const;
    void paintCurve(QPainter &painter, const Lane &lane, const Curve &curve, const QRectF &place) const;
    void paintBlinks(QPainter &painter, const QRectF &place) const;
    void paintTimes(QPainter &painter) const;
    void paintMarks(QPainter &painter) const;
    void paintLegend(QPainter &painter) const;

    VideoStrip m_strip;
    double m_momentS = 0;
    std::optional<double> m_playedS, m_pointedS;
    bool m_labelsShown = true, m_isZoomed = false;
};

/// "1:05", or "1:05.450" with milliseconds.
QString videoTimeText(double timeS, bool milliseconds);

} // namespace mien
