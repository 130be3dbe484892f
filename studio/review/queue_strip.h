#pragma once

#include "pipeline/store/ids.h"
#include "studio/review/review_queue.h"

#include <QImage>
#include <QWidget>

#include <optional>
#include <vector>

namespace mien {

/// The queue around the face: what was answered on the left with its outcome, what comes on the right.
class QueueStrip : public QWidget
{
    Q_OBJECT

public:
    struct Cell
    {
        int position = 0;
        QImage thumbnail; ///< Null while it is not read.
        ReviewQueue::Outcome outcome = ReviewQueue::Outcome::None;
        std::optional<ClassId> answer; ///< Drawn as a chip; empty in blind review before the answer.
        bool current = false;
    };

    explicit QueueStrip(QWidget *parent = nullptr);

    int cellsVisible() const; ///< How many fit; odd, the current one in the middle.
    void setCells(std::vector<Cell> cells);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void chosen(int position);
    void resized();

protected:
    void paintEvent(QPaintEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    QRectF cellRect(int index) const;
    int side() const;

    std::vector<Cell> m_cells;
};

} // namespace mien
