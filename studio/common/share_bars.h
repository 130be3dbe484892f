#pragma once

#include <QColor>
#include <QWidget>

#include <vector>

namespace mien {

/// Named shares as horizontal bars: votes, scores, counts of classes. A screen reader hears all of them.
class ShareBars : public QWidget
{
    Q_OBJECT

public:
    struct Bar
    {
        QString name, value;
        double share = 0; ///< 0 to 1.
        QColor color;
    };
    explicit ShareBars(std::vector<Bar> bars = {}, const QString &name = {}, QWidget *parent = nullptr);
    void setBars(std::vector<Bar> bars);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    double rowHeight() const;
    std::vector<Bar> m_bars;
};

} // namespace mien
