#pragma once

#include "studio/common/page.h"

#include <QList>

class QLabel;
class QStackedWidget;
class QTimer;
class QToolButton;

namespace mien {

class AnswerLearning;
class Background;
class ClassBar;
class ClassGuide;
class EmptyState;
class EvidencePanel;
class FaceExplanations;
class FaceSource;
class FaceView;
class NeighboursPanel;
class QueueStrip;
struct QueueProspect;
class ReviewActions;
class ReviewDesk;
class ReviewHeader;
class SourcePanel;
struct ReviewFace;

/// One face after the other, by keyboard: the face, what is known about it, the classes, the queue. Shows what
/// ReviewDesk holds; what the keys do is in ReviewActions.
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
    FaceView &faceView() const { return *m_face; }

    // What the verbs ask of the page.
    void setAttentionShown(bool shown);
    void setFlipPair(bool pair);
    void setNeighboursShown(bool shown);
    void enterNeighbours();
    void openAttention(); ///< The queue on the attention page; not what blind review hides.
    void setSourceShown(bool shown);
    bool isSourceShown() const { return m_sourceShown; }
    FaceSource &source() { return *m_source; }
    void say(const QString &hint);   ///< In the line below the face.
    void setFaceHidden(bool hidden); ///< A distressing picture, with its attention.
    void editNote();
    void showGuide();
    void showOutlook(); ///< "How many to review?"
    void clearHint();   ///< The next action makes it old.

protected:
    void resizeEvent(QResizeEvent *event) override;
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    QWidget *makeWork();
    QWidget *makeKeyRow();
    void openRequest(const QueueRequest &request);

    void refreshQueue();
    void refreshFace();
    void showEmpty();
    void showEnd();
    void offer(const QString &text, std::function<void()> run); ///< What to do where there is no face.
    void offerTraining();
    void offerNextStep(); ///< What there is to do before anything is flagged.
    void offerNextStep(const QueueProspect &prospect);
    void showEvidence(const ReviewFace &face);
    void speak(const ReviewFace &face);
    void refreshExplanations();
    void inspect(SampleId sample);
    void refreshStrip();
    void watch();
    void showSaveFailure(const QString &message);

    ReviewDesk *m_desk = nullptr;
    ReviewActions *m_actions = nullptr;
    ClassGuide *m_guide = nullptr;
    QTimer *m_hintTimer;
    Background *m_counting, *m_lookingOut;
    AnswerLearning *m_learning;
    QTimer *m_away; ///< Runs while another program has the keyboard.
    ReviewHeader *m_header;
    QStackedWidget *m_stack;
    EmptyState *m_empty;
    std::function<void()> m_nextStep; ///< Of the button in `m_empty`.
    FaceView *m_face;
    EvidencePanel *m_evidence;
    NeighboursPanel *m_neighbours;
    FaceExplanations *m_explanations;
    SourcePanel *m_sourcePanel;
    FaceSource *m_source;
    ClassBar *m_classBar;
    QueueStrip *m_strip;
    QLabel *m_hint;
    QList<QToolButton *> m_openKeys; ///< Keys that mean nothing while label and suggestion are hidden.
    int m_hintPosition = -1;         ///< Of the face it was said at.
    bool m_attentionShown = true;
    bool m_neighboursShown = false;
    bool m_sourceShown = false;
};

} // namespace mien
