#pragma once

#include <QList>
#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;
class QTimer;
class QToolButton;

namespace mien {

class QueueMenu;
class ReviewDesk;

/// Above the face: which queue, how far, how fast, how often the person agrees, and the reminder of a pause.
class ReviewHeader : public QWidget
{
    Q_OBJECT

public:
    explicit ReviewHeader(QWidget *parent = nullptr);

    void setDesk(ReviewDesk *desk); ///< Null without a project.
    /// The verbs at the right end, by action id.
    static QStringList verbs();

Q_SIGNALS:
    void hint(const QString &text);
    void outlookWanted();

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void refreshQueue();
    void refreshTitle();
    void refreshProgress();
    QString shares() const;
    void fitVerbs();

    ReviewDesk *m_desk = nullptr;
    QTimer *m_clock;
    QueueMenu *m_menu;
    QToolButton *m_queueButton;
    QProgressBar *m_progress;
    QLabel *m_count, *m_rate, *m_agreement;
    QPushButton *m_break;
    QList<QToolButton *> m_verbs;
    bool m_isFitting = false;
};

} // namespace mien
