#pragma once

#include <QPoint>
#include <QRectF>
#include <QStringList>
#include <QWidget>

#include <optional>
#include <vector>

namespace mien {

/// Counts of samples by the label they carry (rows) and the one that was predicted (columns).
struct ConfusionCounts
{
    QStringList codes; ///< Two letters each, for the edges.
    QStringList names; ///< In words.
    std::vector<std::vector<int>> counts;

    int rowTotal(int row) const;
    /// Share of the row, 0 for an empty row.
    double share(int row, int column) const;
};

/// A confusion matrix whose every cell opens the samples behind it: click, or arrow keys and Enter.
/// The shade is the share of the row; the number in the cell is the count.
class ConfusionMatrix : public QWidget
{
    Q_OBJECT

public:
    explicit ConfusionMatrix(QWidget *parent = nullptr);

    void setCounts(const ConfusionCounts &counts);
    /// Names of the axes, e.g. "Label", "Prediction of r3".
    void setAxes(const QString &rowName, const QString &columnName);

    /// x = predicted, y = labelled; none outside the cells.
    std::optional<QPoint> cellAt(const QPointF &position) const;
    QRectF cellRect(int row, int column) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

Q_SIGNALS:
    void cellActivated(int row, int column);

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    int classes() const { return static_cast<int>(m_counts.codes.size()); }
    QRectF grid() const;
    void setCursorCell(QPoint cell);
    QString sentence(int row, int column) const;

    ConfusionCounts m_counts;
    QString m_rowName, m_columnName;
    QPoint m_cursor{0, 0};
    std::optional<QPoint> m_hover;
};

} // namespace mien
