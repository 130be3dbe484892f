#pragma once

#include <QWidget>

namespace mien {

/// "1 Source › 2 Check › 3 Run": where one is in something that goes in steps. Shows, does not take clicks.
class StepHeader : public QWidget
{
    Q_OBJECT

public:
    explicit StepHeader(QStringList steps, QWidget *parent = nullptr);
    void setCurrent(int step);
    int current() const { return m_current; }
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QStringList m_steps;
    int m_current = 0;
};

} // namespace mien
