#include "studio/review/review_desk.h"

#include "studio/common/project_readers.h"
#include "studio/common/project_session.h"
#include "studio/common/settings.h"
#include "studio/review/queue_files.h"
#include "studio/review/queue_maker.h"
#include "studio/review/verdict_store.h"

#include <QSettings>
#include <QTimer>

#include <algorithm>
#include <iterator>

namespace mien {

namespace {

constexpr int kAhead = 21; // The face and the next 20.
constexpr int kBack = 8;

std::optional<ClassId> givenOf(const ReviewFace &face)
{
    return face.row.given ? face.row.given : face.row.label;
}

std::optional<ClassId> suggestionOf(const ReviewFace &face)
{
    if (face.row.suggested && *face.row.suggested)
        return face.row.suggested;
    if (face.row.predicted && *face.row.predicted)
        return face.row.predicted;
    return std::nullopt;
}

ReviewQueue::Outcome outcomeOf(const Verdict &verdict, std::optional<ClassId> given)
{
    using Outcome = ReviewQueue::Outcome;
    switch (verdict.kind) {
    case Verdict::Kind::Label: return given == verdict.label ? Outcome::Kept : Outcome::Changed;
    case Verdict::Kind::Unsure: return Outcome::Unsure;
    case Verdict::Kind::NotAFace: return Outcome::NotAFace;
    case Verdict::Kind::Skip: return Outcome::Skipped;
    case Verdict::Kind::Unlabeled: return Outcome::Changed; // the given label no longer counts
    }
    return Outcome::None;
}

} // namespace

ReviewDesk::ReviewDesk(ProjectSession &session, QWidget *dialogParent, QObject *parent)
    : QObject(parent)
    , m_session(session)
    , m_dialogParent(dialogParent)
    , m_faces(new FaceLoader(session.readers()->folder(), this))
    , m_maker(new QueueMaker(session, this))
    , m_verdicts(new VerdictStore(session, this))
    , m_files(std::make_unique<QueueFiles>(session.folder()))
    , m_saveTimer(new QTimer(this))
    , m_sitting(ReviewSession::Clock::now())
    , m_blind(settings().value(QStringLiteral("review/blind"), false).toBool())
    , m_stay(settings().value(QStringLiteral("review/stay"), false).toBool())
{
    m_saveTimer->setSingleShot(true);
    m_saveTimer->setInterval(400);
    connect(m_saveTimer, &QTimer::timeout, this, &ReviewDesk::savePlace);
    connect(m_faces, &FaceLoader::ready, this, [this](qint64 sample) {
        const auto current = m_queue.current();
        if (current && current->value == sample)
            showCurrent();
        else
            Q_EMIT progressChanged(); // the strip shows it
    });
    connect(m_maker, &QueueMaker::made, this, &ReviewDesk::setQueue);
    connect(m_maker, &QueueMaker::failed, this, [this](const QString &text) {
        Q_EMIT queueChanged();
        Q_EMIT problem(text);
    });
    connect(m_maker, &QueueMaker::reranked, this, &ReviewDesk::rerank);
    connect(m_verdicts, &VerdictStore::stored, this, &ReviewDesk::onStored);
    connect(m_verdicts, &VerdictStore::recovered, this, &ReviewDesk::onRecovered);
    connect(m_verdicts, &VerdictStore::failed, this, &ReviewDesk::onFailed);
    connect(m_verdicts, &VerdictStore::withdrawn, this, &ReviewDesk::onWithdrawn);
    connect(m_verdicts, &VerdictStore::repeated, this, &ReviewDesk::onRepeated);
    connect(m_verdicts, &VerdictStore::refused, this, &ReviewDesk::hint);
    connect(&m_session, &ProjectSession::dataChanged, this, &ReviewDesk::projectChanged);
    connect(&m_session, &ProjectSession::picturesMade, m_faces, &FaceLoader::forgetAll);
    connect(&m_session, &ProjectSession::annotatorChanged, this, [this] {
        m_blind.setAnnotator(m_session.annotator());
        if (!m_queue.isEmpty())
            showCurrent();
    });
    m_blind.setAnnotator(session.annotator());
}

ReviewDesk::~ReviewDesk()
{
    savePlace();
}

const std::vector<ExpressionClass> &ReviewDesk::offeredClasses() const
{
    return m_session.classes();
}

std::vector<ExpressionClass> ReviewDesk::classes() const
{
    return classesOf(face().get());
}

std::vector<ExpressionClass> ReviewDesk::classesOf(const ReviewFace *face) const
{
    const std::vector<ExpressionClass> &offered = m_session.classes();
    const ExpressionClass *known = nullptr;
    if (face) {
        for (const std::optional<ClassId> &one :
             {face->row.given, face->row.label, face->row.predicted, face->row.suggested}) {
            if (!known && one)
                known = m_session.classOf(*one);
        }
    }
    // A label of the project's own says nothing: those go with every space.
    if (!known || known->space == "user")
        return offered;
    std::vector<ExpressionClass> ofSpace;
    std::copy_if(offered.begin(), offered.end(), std::back_inserter(ofSpace),
                 [&](const ExpressionClass &one) { return one.space == known->space || one.space == "user"; });
    return ofSpace;
}

bool ReviewDesk::isLoading() const
{
    return m_maker->isBusy();
}

int ReviewDesk::unsaved() const
{
    return m_verdicts->unsaved();
}

// ---------------------------------------------------------------------------------------------- the queue

void ReviewDesk::open(const QueuePlan &plan)
{
    m_maker->make(plan);
    Q_EMIT queueChanged();
}

void ReviewDesk::resume()
{
    m_maker->resume();
    Q_EMIT queueChanged();
}

void ReviewDesk::setQueue(const QueueSitting &sitting)
{
    m_blind.leave(m_queue);
    m_blind.add(sitting.seen);
    m_plan = sitting.plan;
    m_faces->setComparedRuns(m_plan.comparedRuns);
    m_flagging = sitting.flagging;
    m_queue = sitting.queue;
    m_verdicts->begin(m_queue, sitting.answers);
    m_last.reset();
    m_draftPosition = m_shownPosition = -1;
    m_sitting = ReviewSession(ReviewSession::Clock::now());
    Q_EMIT queueChanged();
    showCurrent();
    if (!m_queue.isEmpty())
        saveQueue();
    projectChanged(); // scores may be newer than the sitting
}

void ReviewDesk::projectChanged()
{
    if (m_verdicts->pending() > 0 || isLoading())
        return; // most likely an answer of this desk; the next change or answer looks again
    m_maker->lookForScores(m_plan, m_flagging);
}

void ReviewDesk::rerank(std::int64_t flagging, const std::vector<SampleId> &worstFirst)
{
    m_flagging = flagging;
    m_faces->forgetAll();
    if (m_queue.isEmpty() && m_plan.kind == QueuePlan::Kind::Flagged) {
        open(m_plan);
        return;
    }
    if (m_plan.kind != QueuePlan::Kind::Samples) {
        m_queue.rerank(worstFirst);
        saveQueue();
        Q_EMIT hint(tr("New scores: the faces not shown yet are in a new order."));
    }
    Q_EMIT queueChanged();
    showCurrent();
}

void ReviewDesk::saveQueue()
{
    if (m_session.isWritable())
        m_files->writeAll(m_plan, m_queue, m_flagging, m_verdicts->kept(), m_blind.seenFaces());
}

void ReviewDesk::savePlace()
{
    if (m_session.isWritable() && !m_queue.isEmpty())
        m_files->writePlace(m_queue, m_flagging, m_verdicts->kept(), m_blind.seenFaces());
}

// ------------------------------------------------------------------------------------------- what is shown

std::shared_ptr<const ReviewFace> ReviewDesk::face() const
{
    const auto current = m_queue.current();
    return current ? m_faces->face(*current) : nullptr;
}

void ReviewDesk::wantFaces()
{
    std::vector<SampleId> wanted = m_queue.upcoming(kAhead);
    for (int back = 1; back <= kBack && m_queue.position() - back >= 0; ++back)
        wanted.push_back(m_queue.at(m_queue.position() - back).sample);
    m_faces->want(std::move(wanted));
}

void ReviewDesk::showCurrent()
{
    if (m_draftPosition != m_queue.position()) {
        m_draftPosition = m_queue.position();
        m_second.reset();
        m_note.clear();
    }
    wantFaces();
    if (const auto shown = face()) {
        if (m_shownPosition != m_queue.position()) {
            m_shownPosition = m_queue.position();
            m_shownFor.restart();
        }
        if (!m_blind.isBlind() || (spokeBefore(*shown) && m_queue.at(m_shownPosition).outcome == Outcome::None))
            markSeen(shown->row.id);
    }
    setWatched(m_watched);
    Q_EMIT faceChanged();
    Q_EMIT progressChanged();
}

bool ReviewDesk::spokeBefore(const ReviewFace &face) const
{
    const std::string annotator = m_session.annotator().toStdString();
    return std::find(face.annotators.begin(), face.annotators.end(), annotator) != face.annotators.end();
}

void ReviewDesk::markSeen(SampleId sample)
{
    if (m_blind.seen(sample))
        m_saveTimer->start();
}

void ReviewDesk::seenElsewhere(SampleId sample)
{
    // What this queue has an answer for was revealed by it: its revision stays one of a blind answer.
    const auto position = m_queue.positionOf(sample);
    if (!sample || (position && m_queue.at(*position).outcome != Outcome::None))
        return;
    markSeen(sample);
    if (position && *position == m_queue.position())
        Q_EMIT faceChanged();
}

void ReviewDesk::setWatched(bool watched)
{
    m_watched = watched;
    const bool atWork = watched && !m_queue.atEnd();
    m_shownFor.setRunning(atWork);
    m_sitting.setRunning(atWork, ReviewSession::Clock::now());
}

// -------------------------------------------------------------------------------------------- the answers

bool ReviewDesk::mayAnswer()
{
    if (m_queue.atEnd())
        return false;
    if (!m_session.isWritable()) {
        Q_EMIT hint(m_session.readOnlyReason());
        return false;
    }
    if (unsaved() > 0 || m_session.savedState() == ProjectSession::SavedState::NotSaved) {
        Q_EMIT hint(tr("Not saved: the answer before could not be stored. Retry it first."));
        return false;
    }
    // A key that arrives before its face was seen would label something nobody looked at.
    return face() != nullptr && m_shownPosition == m_queue.position();
}

void ReviewDesk::label(int classIndex)
{
    const std::vector<ExpressionClass> offered = classes();
    if (classIndex < 0 || classIndex >= static_cast<int>(offered.size())) {
        Q_EMIT hint(tr("This face has no class number %1.").arg(classIndex + 1));
        return;
    }
    give(Verdict::Kind::Label, offered[static_cast<std::size_t>(classIndex)].id);
}

void ReviewDesk::giveShown(std::optional<ClassId> (*choice)(const ReviewFace &), const QString &whenBlind,
                           const QString &whenNone)
{
    if (!isRevealed()) {
        Q_EMIT hint(whenBlind);
        return;
    }
    const auto shown = face();
    if (!shown)
        return;
    if (const auto label = choice(*shown))
        give(Verdict::Kind::Label, label);
    else
        Q_EMIT hint(whenNone);
}

void ReviewDesk::keepGiven()
{
    giveShown(givenOf, tr("Space is off in blind review: the given label is hidden until you answer. Press a digit."),
              tr("This face has no given label to keep. Press a digit."));
}

void ReviewDesk::takeSuggestion()
{
    giveShown(suggestionOf,
              tr("Enter is off in blind review: the suggestion is hidden until you answer. Press a digit."),
              tr("There is no suggestion for this face: it has no scores yet."));
}

void ReviewDesk::unsure()
{
    give(Verdict::Kind::Unsure, std::nullopt);
}

void ReviewDesk::notAFace()
{
    give(Verdict::Kind::NotAFace, std::nullopt);
}

void ReviewDesk::skip()
{
    // After a blind vote that stays on its face, skipping is going on: the vote stands.
    if (!m_queue.atEnd() && m_queue.at(m_queue.position()).outcome != Outcome::None) {
        next();
        return;
    }
    give(Verdict::Kind::Skip, std::nullopt);
}

void ReviewDesk::toggleSecond(int classIndex)
{
    const std::vector<ExpressionClass> offered = classes();
    if (classIndex < 0 || classIndex >= static_cast<int>(offered.size()) || m_queue.atEnd())
        return;
    const ClassId id = offered[static_cast<std::size_t>(classIndex)].id;
    m_second = m_second == id ? std::nullopt : std::optional(id);
    Q_EMIT faceChanged();
}

void ReviewDesk::give(Verdict::Kind kind, std::optional<ClassId> label)
{
    if (!mayAnswer())
        return;
    const int position = m_queue.position();
    const bool wasAnswered = m_queue.at(position).outcome != Outcome::None;
    Verdict verdict;
    verdict.kind = kind;
    verdict.label = label;
    verdict.second = m_second != label ? m_second : std::nullopt;
    verdict.seconds = m_shownFor.seconds();
    verdict.blind = m_blind.countsAsBlind(m_queue.at(position).sample);
    verdict.afterReveal = verdict.blind && wasAnswered;
    verdict.note = m_note.toStdString();
    const bool moveOn = !(verdict.blind && !wasAnswered && m_stay && kind != Verdict::Kind::Skip);
    store(position, face(), std::move(verdict), moveOn);
}

void ReviewDesk::reviseLast(int classIndex)
{
    if (!m_last || !m_last->blind || !m_last->face) {
        Q_EMIT hint(tr("There is no blind answer to revise."));
        return;
    }
    const std::vector<ExpressionClass> offered = classesOf(m_last->face.get());
    if (!m_session.isWritable() || unsaved() > 0 || classIndex < 0 || classIndex >= static_cast<int>(offered.size()))
        return;
    Verdict verdict;
    verdict.label = offered[static_cast<std::size_t>(classIndex)].id;
    verdict.seconds = m_shownFor.seconds();
    verdict.blind = verdict.afterReveal = true;
    store(m_last->position, m_last->face, std::move(verdict), false);
}

void ReviewDesk::store(int position, const std::shared_ptr<const ReviewFace> &face, Verdict verdict, bool moveOn)
{
    m_session.withAnnotator(m_dialogParent,
                            [this, position, face, verdict = std::move(verdict), moveOn](const std::string &annotator) {
                                if (position >= m_queue.size() || m_queue.at(position).sample != face->row.id)
                                    return; // the queue was exchanged while the name was asked for
                                const auto given = givenOf(*face);
                                ReviewAnswer answer;
                                answer.position = position;
                                answer.sample = face->row.id;
                                answer.before = m_queue.at(position).outcome;
                                answer.label = verdict.label;
                                answer.blind = verdict.blind;
                                answer.outcome = outcomeOf(verdict, given);
                                answer.judged = verdict.kind == Verdict::Kind::Label && given.has_value();
                                answer.agrees = answer.judged && given == verdict.label;
                                answer.note = QString::fromStdString(verdict.note);
                                Verdict drawn = verdict;
                                drawn.samplingProbability = m_queue.drawProbability(position);
                                m_verdicts->store(answer, drawn, annotator);

                                m_queue.setOutcome(position, answer.outcome);
                                if (answer.before == Outcome::None)
                                    m_sitting.answered(ReviewSession::Clock::now(), answer.judged, answer.agrees);
                                m_last = LastAnswer{position, face, verdict.label, answer.outcome, verdict.blind};
                                if (moveOn && position == m_queue.position()) {
                                    // Once through, only what was skipped is left to come back to.
                                    if (m_queue.answered() == m_queue.size())
                                        m_queue.advanceToSkipped();
                                    else
                                        m_queue.advance();
                                }
                                showCurrent();
                                m_saveTimer->start();
                            });
}

void ReviewDesk::onStored(const ReviewAnswer &answer)
{
    m_faces->forget(answer.sample);
    wantFaces();
}

void ReviewDesk::onRecovered(const ReviewAnswer &answer)
{
    // As if it had never failed.
    m_queue.setOutcome(answer.position, answer.outcome);
    if (unsaved() > 0)
        return;
    Q_EMIT saveRecovered();
    m_queue.advanceToUnanswered();
    showCurrent();
}

void ReviewDesk::onFailed(const ReviewAnswer &answer, const QString &text)
{
    m_queue.setOutcome(answer.position, answer.before);
    if (answer.before == Outcome::None)
        m_sitting.withdrawn(answer.judged, answer.agrees);
    m_last.reset();
    m_queue.moveTo(answer.position);
    showCurrent();
    Q_EMIT saveFailed(text);
}

void ReviewDesk::undo()
{
    m_verdicts->undo();
}

void ReviewDesk::onWithdrawn(const ReviewAnswer &answer)
{
    m_queue.setOutcome(answer.position, answer.before);
    if (answer.before == Outcome::None)
        m_sitting.withdrawn(answer.judged, answer.agrees);
    m_faces->forget(answer.sample);
    m_last.reset();
    if (answer.blind)
        markSeen(answer.sample); // what was hidden was shown after the answer: no longer blind
    m_shownPosition = -1;
    m_queue.moveTo(answer.position);
    m_draftPosition = m_queue.position();
    m_second.reset();
    m_note = answer.note;
    Q_EMIT hint(tr("Undone: this is the face."));
    showCurrent();
    m_saveTimer->start();
}

void ReviewDesk::onRepeated(const ReviewAnswer &answer)
{
    m_queue.setOutcome(answer.position, answer.outcome);
    m_faces->forget(answer.sample);
    wantFaces();
    Q_EMIT progressChanged();
}

// ---------------------------------------------------------------------------------------------- the steps

void ReviewDesk::previous()
{
    if (!m_queue.previous()) {
        Q_EMIT hint(tr("This is the first face of the queue."));
        return;
    }
    showCurrent();
    m_saveTimer->start();
}

void ReviewDesk::next()
{
    if (m_queue.atEnd())
        return;
    if (m_queue.at(m_queue.position()).outcome == Outcome::None && m_queue.position() == m_queue.furthest()) {
        Q_EMIT hint(tr("This face has no answer yet. K skips it."));
        return;
    }
    m_queue.advance();
    showCurrent();
    m_saveTimer->start();
}

void ReviewDesk::goTo(int position)
{
    if (position == m_queue.position())
        return;
    if (position > m_queue.furthest() + 1) {
        Q_EMIT hint(tr("Faces are answered in their order: a ranking that is skipped through says nothing."));
        return;
    }
    m_queue.moveTo(position);
    showCurrent();
    m_saveTimer->start();
}

void ReviewDesk::setBlind(bool blind)
{
    if (isBlind() == blind)
        return;
    m_blind.setBlind(blind);
    settings().setValue(QStringLiteral("review/blind"), blind);
    if (!blind && !m_queue.atEnd())
        markSeen(m_queue.at(m_queue.position()).sample);
    if (blind && !m_queue.atEnd() && m_blind.wasSeen(m_queue.at(m_queue.position()).sample))
        Q_EMIT hint(tr("Blind from the next face on: this one has been seen already."));
    Q_EMIT faceChanged();
}

void ReviewDesk::setStayAfterVote(bool stay)
{
    m_stay = stay;
    settings().setValue(QStringLiteral("review/stay"), stay);
}

void ReviewDesk::setNote(const QString &note)
{
    m_note = note;
    Q_EMIT faceChanged();
}

} // namespace mien
