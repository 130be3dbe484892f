#pragma once

#include "studio/common/page.h"

class QLabel;
class QMenu;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QTimer;
class QToolButton;

namespace mien {

class AttentionClient;
class ClassBar;
class ClassGuide;
class EmptyState;
class EvidencePanel;
class FaceView;
class QueueStrip;
class ReviewDesk;

/// One face after the other, by keyboard: the face, what is known about it, the classes, the queue.
class ReviewPage : public Page
{
    Q_OBJECT

public:
    explicit ReviewPage(Studio &studio);
    ~ReviewPage() override;

    void setSession(ProjectSession *session) override;
    void entered() override;
    bool isSettled() const override;
    QVariantMap state() const override;
    void restore(const QVariantMap &state) override;

    ReviewDesk *desk() const { return m_desk; } ///< Null without a project.

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    QWidget *makeHeader();
    QWidget *makeKeyRow();
    void makeActions();
    void fillQueueMenu();
    void openRequest(const QueueRequest &request);
    void askForFilter();

    void refreshQueue();
    void refreshFace();
    void refreshProgress();
    void refreshStrip();
    void say(const QString &hint);
    void showSaveFailure(const QString &message);
    void askAttention();
    void setAttentionShown(bool shown);
    void showGuide();

    ReviewDesk *m_desk = nullptr;
    AttentionClient *m_attention = nullptr;
    ClassGuide *m_guide = nullptr;
    QString m_attentionRun;
    QString m_attentionFor; ///< Sample and class of the newest request.
    QTimer *m_attentionTimer;
    QTimer *m_clock;
    QTimer *m_hintTimer;
    QStackedWidget *m_stack;
    EmptyState *m_empty;
    FaceView *m_face;
    EvidencePanel *m_evidence;
    ClassBar *m_classBar;
    QueueStrip *m_strip;
    QToolButton *m_queueButton;
    QMenu *m_queueMenu;
    QProgressBar *m_progress;
    QLabel *m_count, *m_rate, *m_agreement, *m_hint;
    QPushButton *m_break;
    bool m_attentionShown = true;
};

} // namespace mien
