#pragma once

#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

namespace mien {

/// How many values lie where, and a range of them: its ends are dragged, or moved by the arrow keys (with Shift the
/// upper one). A long tail at either end is put into the outermost bar.
class Histogram : public QWidget
{
    Q_OBJECT

public:
    explicit Histogram(QWidget *parent = nullptr);

    /// @param sorted  ascending, no NaN; kept
    void setValues(std::vector<double> sorted);
    const std::vector<double> &values() const { return m_values; }
    /// An end that is missing is open.
    void setRange(std::optional<double> low, std::optional<double> high);
    std::optional<double> low() const { return m_low; }
    std::optional<double> high() const { return m_high; }
    enum class Ends { Both, Low, High };
    void setEnds(Ends ends);             ///< Those that a person can move; the other stays open.
    void setTitle(const QString &title); ///< What is measured: a screen reader says it.

    qint64 countInRange() const;
    /// The ends of the axis: 0.5 % of the values may lie beyond either.
    double axisLow() const { return m_axisLow; }
    double axisHigh() const { return m_axisHigh; }
    double positionOf(double value) const; ///< Horizontally, in this widget.

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// A person moved an end. Comes often while it is dragged.
    void rangeMoved(std::optional<double> low, std::optional<double> high);

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    enum class End { None, Low, High };
    QRectF plotArea() const;
    double valueAt(double x) const;
    void move(End end, double value);
    void describe();

    std::vector<double> m_values;
    std::vector<int> m_bars;
    double m_axisLow = 0, m_axisHigh = 1;
    std::optional<double> m_low, m_high;
    QString m_title;
    Ends m_ends = Ends::Both;
    End m_dragged = End::None;
};

} // namespace mien
