#pragma once

#include <QColor>
#include <QPointF>
#include <QRectF>
#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

namespace mien {

/// One line of a plot: its points as measured, in order of x.
struct PlotLine
{
    QString name; ///< Written at its end instead of a legend.
    QColor colour;
    std::vector<QPointF> points;
};

/// Where a part of the x axis begins: a fold of a training. Lines are not drawn on from the part before.
struct PlotSection
{
    double from = 0;
    QString name; ///< Written at its top.
};

/// Where a value may lie at x.
struct PlotBand
{
    double x = 0, low = 0, high = 0;
};

/// Round tick values that cover [low, high], about `count` of them.
std::vector<double> niceTicks(double low, double high, int count);
/// "2.104": a tick of niceTicks(), with the digits that tell it from its neighbours.
QString tickText(double tick, const std::vector<double> &ticks);

/// Running average that weighs newer points more; as many values as `points`. `strength` 0 (none) to 1.
std::vector<QPointF> smoothed(const std::vector<QPointF> &points, double strength);

/// One or two lines over a common x: the smoothed line strong, the raw points faint, the name at the line's end.
/// The pointer, or the arrow keys, read values off.
class LinePlot : public QWidget
{
    Q_OBJECT

public:
    explicit LinePlot(QWidget *parent = nullptr);

    void setTitle(const QString &title);
    void setAxes(const QString &xName, const QString &yName);
    void setLines(std::vector<PlotLine> lines);
    void setSections(std::vector<PlotSection> sections); ///< In order of x; fewer than two: none is shown.
    void setSmoothing(double strength);
    /// Shown in the middle while there is no point.
    void setEmptyText(const QString &text);
    QString emptyText() const { return m_emptyText; }
    const std::vector<PlotLine> &lines() const { return m_lines; }
    void setBand(std::vector<PlotBand> band); ///< Behind the first line, in its colour; in order of x.
    /// A value of x that the person chooses, by pressing or dragging in the plot (markerMoved()); none: nothing to
    /// choose.
    void setMarker(std::optional<double> x);
    std::optional<double> marker() const { return m_marker; }
    /// Keeps [low, high] in view; without it the values decide.
    void setYRange(std::optional<std::pair<double, double>> range);

    /// Index of the x value nearest to `position`, among all lines; none outside the plot.
    std::optional<double> xAt(const QPointF &position) const;
    /// Where a value is drawn.
    QPointF positionOf(const QPointF &value) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void markerMoved(double x); ///< Between the lowest and the highest x.

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    QRectF plotArea() const;
    void fitRanges();
    void readOff(std::optional<double> x);
    std::vector<double> allX() const;
    std::size_t sectionOf(double x) const;
    void moveMarker(const QPointF &position);
    void paintBand(QPainter &painter) const;
    void paintMarker(QPainter &painter) const;
    void paintSections(QPainter &painter, const QColor &line, const QColor &words) const;

    QString m_title, m_xName, m_yName, m_emptyText;
    std::vector<PlotLine> m_lines;
    std::vector<PlotSection> m_sections;
    std::vector<std::vector<QPointF>> m_smooth; ///< Of each line, smoothed within a section.
    std::vector<PlotBand> m_band;
    std::optional<double> m_marker;
    std::optional<std::pair<double, double>> m_fixedY;
    double m_smoothing = 0.6;
    double m_xLow = 0, m_xHigh = 1, m_yLow = 0, m_yHigh = 1;
    std::optional<double> m_hoverX;
};

} // namespace mien
