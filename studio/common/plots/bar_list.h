#pragma once

#include <QColor>
#include <QRectF>
#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

namespace mien {

/// One row of a BarList.
struct Bar
{
    QString name;
    QColor colour;
    double value = 0;            ///< 0 to the list's maximum.
    std::optional<double> other; ///< A second, thin bar below: the run compared with.
    QString text;                ///< Right of the bar, e.g. "0.71  +0.04".
};

/// Named bars below each other, each of which opens the samples behind it: click, or arrow keys and Enter.
class BarList : public QWidget
{
    Q_OBJECT

public:
    explicit BarList(QWidget *parent = nullptr);

    void setBars(std::vector<Bar> bars, double maximum = 1.0);

    std::optional<int> barAt(const QPointF &position) const;
    QRectF rowRect(int bar) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void barActivated(int bar);

protected:
    void paintEvent(QPaintEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    int rowHeight() const;
    void setCursorBar(int bar);

    std::vector<Bar> m_bars;
    double m_maximum = 1;
    int m_cursor = 0;
    std::optional<int> m_hover;
};

} // namespace mien
