#pragma once

#include "studio/common/page.h"

class QFrame;
class QGridLayout;
class QLabel;
class QPushButton;
class QVBoxLayout;

namespace mien {

/// Recents, "continue where you stopped", a place to drop things on, and the sample project.
class StartPage : public Page
{
    Q_OBJECT

public:
    explicit StartPage(Studio &studio);
    void setSession(ProjectSession *session) override;
    void entered() override;

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dragLeaveEvent(QDragLeaveEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void refresh();
    void arrange();
    void makeDemo();
    void followDemo(const QString &job, const QString &folder);

    QVBoxLayout *m_body;
    QPushButton *m_continue, *m_demo;
    QLabel *m_demoState;
    QFrame *m_drop;
    QWidget *m_cards;
    QGridLayout *m_grid;
    QLabel *m_recentTitle;
    QList<QWidget *> m_cardList;
    QString m_demoJob;
};

} // namespace mien
