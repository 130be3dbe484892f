#pragma once

#include <QMenu>

namespace mien {

class ReviewDesk;
struct QueuePlan;

/// What can be reviewed: the flagged faces, one class, a confusion, a filter; and how many faces are drawn at random.
class QueueMenu : public QMenu
{
    Q_OBJECT

public:
    explicit QueueMenu(QWidget *parent = nullptr);

    void setDesk(ReviewDesk *desk) { m_desk = desk; } ///< Null without a project.
    static QString titleOf(const QueuePlan &plan);

Q_SIGNALS:
    void hint(const QString &text);
    void outlookWanted(); ///< How many to review?

private:
    void fill();
    void fillClasses();
    void fillDrowsiness();
    void fillShares();
    void fillHabits();
    void askForFilter();
    void open(const QueuePlan &plan);

    ReviewDesk *m_desk = nullptr;
};

} // namespace mien
