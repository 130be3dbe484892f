#pragma once

#include "pipeline/store/labels.h"
#include "pipeline/store/ontology.h"
#include "studio/review/blind_rules.h"
#include "studio/review/face_clock.h"
#include "studio/review/face_loader.h"
#include "studio/review/queue_plan.h"
#include "studio/review/review_queue.h"
#include "studio/review/review_session.h"

#include <QObject>
#include <QString>

#include <memory>
#include <optional>

class QTimer;
class QWidget;

namespace mien {

class ProjectSession;
class QueueFiles;
class QueueMaker;
class VerdictStore;
struct QueueSitting;
struct ReviewAnswer;

/// One person at one queue: what the keys mean and which face is shown. No widgets of its own. QueueMaker makes the
/// queue, VerdictStore keeps the answers, BlindRules says what may be seen, QueueFiles remembers the place.
///
/// An answer is handed to the writer and the next face is shown at once; when the writer reports a failure the
/// desk returns to that face and takes no more answers until the answer is stored or given up.
///
/// Blind review hides given label, model and attention until the first key. By default the next face comes at
/// once and what was hidden is shown as the *last answer*, which reviseLast() can still change; with
/// setStayAfterVote() the face stays, revealed, until a second key. Both store the second opinion as a row of its own.
class ReviewDesk : public QObject
{
    Q_OBJECT

public:
    using Outcome = ReviewQueue::Outcome;

    /// @param dialogParent  where the question for the annotator's name appears
    ReviewDesk(ProjectSession &session, QWidget *dialogParent, QObject *parent = nullptr);
    ~ReviewDesk() override;

    /// Makes the queue on a worker thread; queueChanged() or problem() tells.
    void open(const QueuePlan &plan);
    /// Goes on with the queue of the last sitting, or opens the flagged samples.
    void resume();

    const ReviewQueue &queue() const { return m_queue; }
    const QueuePlan &plan() const { return m_plan; }
    bool isLoading() const;
    const ReviewSession &sitting() const { return m_sitting; }
    ReviewSession &sitting() { return m_sitting; }
    FaceLoader &faces() { return *m_faces; }

    /// The face to show; null while it is read or at the end.
    std::shared_ptr<const ReviewFace> face() const;
    bool isBlind() const { return m_blind.isBlind(); }
    /// Whether given label, model and attention of the current face may be shown.
    bool isRevealed() const { return m_blind.isRevealed(m_queue); }
    std::optional<ClassId> secondChoice() const { return m_second; }
    const QString &note() const { return m_note; }
    bool staysAfterVote() const { return m_stay; }
    /// What the digits mean, in project order: the classes of the label space that the face is labelled in, and the
    /// project's own; all that are offered where nothing is known of it.
    std::vector<ExpressionClass> classes() const;
    const std::vector<ExpressionClass> &offeredClasses() const; ///< Of every space of the project.

    /// The newest answer, for the reveal beside the next face.
    struct LastAnswer
    {
        int position = -1;
        std::shared_ptr<const ReviewFace> face;
        std::optional<ClassId> label;
        Outcome outcome = Outcome::None;
        bool blind = false;
    };
    const std::optional<LastAnswer> &lastAnswer() const { return m_last; }
    int unsaved() const;

    // What the keys do. Each may refuse with a hint().
    void label(int classIndex);
    void keepGiven();
    void takeSuggestion();
    void unsure();
    void notAFace();
    void skip();
    void toggleSecond(int classIndex);
    void reviseLast(int classIndex);
    void undo(); ///< Withdraws the newest answer of this queue and returns to its face.
    void previous();
    void next();
    void goTo(int position);

    void setBlind(bool blind);
    void setStayAfterVote(bool stay);
    void setNote(const QString &note); ///< Goes with the next answer of this face.

    void projectChanged(); ///< Something was committed elsewhere.
    /// Another view shows this face with its label.
    void seenElsewhere(SampleId sample);
    /// Whether the face can be seen: without, the clocks stand still.
    void setWatched(bool watched);

Q_SIGNALS:
    void queueChanged();
    void faceChanged(); ///< Another face, or the same one more complete.
    void progressChanged();
    void hint(const QString &text);    ///< Why a key did nothing, or what it did.
    void problem(const QString &text); ///< The queue could not be made.
    void saveFailed(const QString &text);
    void saveRecovered();

private:
    bool mayAnswer();
    /// Space and Enter: the label that `choice` names, off as long as the face is blind.
    void giveShown(std::optional<ClassId> (*choice)(const ReviewFace &), const QString &whenBlind,
                   const QString &whenNone);
    void give(Verdict::Kind kind, std::optional<ClassId> label);
    void store(int position, const std::shared_ptr<const ReviewFace> &face, Verdict verdict, bool moveOn);
    void onStored(const ReviewAnswer &answer);
    void onRecovered(const ReviewAnswer &answer);
    void onFailed(const ReviewAnswer &answer, const QString &text);
    void onWithdrawn(const ReviewAnswer &answer);
    void onRepeated(const ReviewAnswer &answer);
    std::vector<ExpressionClass> classesOf(const ReviewFace *face) const;
    void setQueue(const QueueSitting &sitting);
    void rerank(std::int64_t flagging, const std::vector<SampleId> &worstFirst);
    void showCurrent();
    void markSeen(SampleId sample);
    bool spokeBefore(const ReviewFace &face) const;
    void wantFaces();
    void saveQueue();
    void savePlace();

    ProjectSession &m_session;
    QWidget *m_dialogParent;
    FaceLoader *m_faces;
    QueueMaker *m_maker;
    VerdictStore *m_verdicts;
    std::unique_ptr<QueueFiles> m_files;
    QTimer *m_saveTimer;

    QueuePlan m_plan;
    ReviewQueue m_queue;
    ReviewSession m_sitting;
    BlindRules m_blind;
    std::optional<LastAnswer> m_last;
    std::optional<ClassId> m_second;
    QString m_note;
    int m_draftPosition = -1; ///< Whose second choice and note these are.
    FaceClock m_shownFor;
    int m_shownPosition = -1;
    bool m_watched = false;
    std::int64_t m_flagging = 0;
    bool m_stay = false;
};

} // namespace mien
