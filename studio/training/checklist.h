#pragma once

#include "studio/training/preflight.h"

#include <QWidget>

class QGridLayout;
class QLabel;

namespace mien {

/// A preflight as lines: a sign, the fact, what it means. Lines stay when the next check says the same.
class Checklist : public QWidget
{
    Q_OBJECT

public:
    explicit Checklist(QWidget *parent = nullptr);

    void setItems(const QList<PreflightItem> &items);

private:
    struct Line
    {
        QLabel *sign, *words;
    };
    void refresh();
    void addLine();

    QGridLayout *m_grid;
    QList<Line> m_lines;
    QList<PreflightItem> m_items;
};

} // namespace mien
