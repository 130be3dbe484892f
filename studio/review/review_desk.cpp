#include "studio/review/review_desk.h"

#include "pipeline/store/runs.h"
#include "studio/common/background.h"
#include "studio/common/project_readers.h"
#include "studio/common/project_session.h"
#include "studio/common/settings.h"

#include <QDataStream>
#include <QDir>
#include <QFile>
#include <QIODevice>
#include <QPointer>
#include <QSaveFile>
#include <QSettings>
#include <QThreadPool>
#include <QTimer>

#include <algorithm>

namespace mien {

namespace {

constexpr int kAhead = 21;         // The face and the next 20.
constexpr std::size_t kKept = 2000; // Answers that Backspace can walk back.
constexpr quint32 kPlaceFile = 0x4d52564c; // "MRVL"

bool isRetried(ErrorCode code)
{
    return code == ErrorCode::NoSpace || code == ErrorCode::Unreadable || code == ErrorCode::Internal;
}

void writeFile(const QString &path, const QByteArray &bytes)
{
    // The place in a queue is a convenience: where it cannot be kept, the next sitting starts at the queue's first
    // open face, and the answers themselves are in the project.
    QSaveFile file(path);
    if (file.open(QIODevice::WriteOnly)) {
        file.write(bytes);
        file.commit();
    }
}

QByteArray readFile(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// What a worker thread made of a plan or of the files of the last sitting.
struct Made
{
    QueuePlan plan;
    ReviewQueue queue;
    QByteArray answers;
    std::int64_t flagging = 0;
};

std::int64_t flaggingOf(const Project &project)
{
    const auto flagging = currentFlagging(project);
    return flagging ? flagging->id : 0;
}

QByteArray planBytes(const QueuePlan &plan)
{
    QByteArray bytes;
    QDataStream out(&bytes, QIODevice::WriteOnly);
    out.setVersion(QDataStream::Qt_6_4);
    out << qint32(plan.kind) << plan.title << plan.filter << plan.randomShare << quint64(plan.seed);
    return bytes;
}

QueuePlan planOf(const QByteArray &bytes)
{
    QueuePlan plan;
    QDataStream in(bytes);
    in.setVersion(QDataStream::Qt_6_4);
    qint32 kind = 0;
    quint64 seed = 1;
    in >> kind >> plan.title >> plan.filter >> plan.randomShare >> seed;
    plan.kind = static_cast<QueuePlan::Kind>(std::clamp(kind, 0, 2));
    plan.seed = seed;
    return plan;
}

} // namespace

ReviewDesk::ReviewDesk(ProjectSession &session, QWidget *dialogParent, QObject *parent)
    : QObject(parent)
    , m_session(session)
    , m_dialogParent(dialogParent)
    , m_faces(new FaceLoader(session.readers()->folder(), this))
    , m_background(new Background(this))
    , m_reranking(new Background(this))
    , m_saveTimer(new QTimer(this))
    , m_sitting(ReviewSession::Clock::now())
    , m_blind(settings().value(QStringLiteral("review/blind"), false).toBool())
    , m_stay(settings().value(QStringLiteral("review/stay"), false).toBool())
{
    m_saveTimer->setSingleShot(true);
    m_saveTimer->setInterval(400);
    connect(m_saveTimer, &QTimer::timeout, this, [this] { savePlaceNow(false); });
    connect(m_faces, &FaceLoader::ready, this, [this](qint64 sample) {
        const auto current = m_queue.current();
        if (current && current->value == sample)
            showCurrent();
        else
            Q_EMIT progressChanged(); // the strip shows it
    });
    connect(&m_session, &ProjectSession::dataChanged, this, &ReviewDesk::projectChanged);
    connect(&m_session, &ProjectSession::edited, this, [this](const Edit &edit, bool withdrawn) {
        auto &from = withdrawn ? m_answers : m_withdrawn;
        const auto found = std::find_if(from.begin(), from.end(),
                                        [&](const Answer &answer) { return answer.edit->load() == edit.id.value; });
        if (found == from.end())
            return;
        const Answer answer = *found;
        from.erase(found);
        if (withdrawn) {
            m_withdrawn.push_back(answer);
            withdraw(answer, true);
            return;
        }
        m_answers.push_back(answer);
        m_queue.setOutcome(answer.position, answer.outcome);
        m_faces->forget(answer.sample);
        wantFaces();
        Q_EMIT progressChanged();
    });
}

ReviewDesk::~ReviewDesk()
{
    savePlaceNow(true);
}

const std::vector<ExpressionClass> &ReviewDesk::classes() const
{
    return m_session.classes();
}

// ---------------------------------------------------------------------------------------------- the queue

void ReviewDesk::open(const QueuePlan &plan)
{
    m_loading = true;
    Q_EMIT queueChanged();
    m_background->start(
        [readers = m_session.readers(), plan](const Job &) -> Result<Made> {
            return readers->with([&plan](const Project &project) -> Result<Made> {
                auto queue = makeQueue(project, plan);
                if (!queue)
                    return fail(queue.error());
                return Made{plan, std::move(*queue), {}, flaggingOf(project)};
            });
        },
        [this](const Result<Made> &made) {
            m_loading = false;
            if (!made) {
                Q_EMIT queueChanged();
                Q_EMIT problem(QString::fromStdString(made.error().message));
                return;
            }
            m_plan = made->plan;
            m_plan.samples.clear(); // they are the queue now
            m_flagging = made->flagging;
            m_answers.clear();
            m_withdrawn.clear();
            setQueue(made->queue);
            savePlan();
        });
}

void ReviewDesk::resume()
{
    m_loading = true;
    Q_EMIT queueChanged();
    m_background->start(
        [readers = m_session.readers(), order = filePath(QStringLiteral("queue.order")),
         place = filePath(QStringLiteral("queue.place"))](const Job &) -> Result<Made> {
            return readers->with([&](const Project &project) -> Result<Made> {
                Made made;
                QDataStream in(readFile(order));
                in.setVersion(QDataStream::Qt_6_4);
                QByteArray plan, queueOrder;
                in >> plan >> queueOrder;
                QDataStream placeIn(readFile(place));
                placeIn.setVersion(QDataStream::Qt_6_4);
                quint32 magic = 0;
                QByteArray queuePlace;
                qint64 flagging = 0;
                placeIn >> magic >> flagging >> queuePlace >> made.answers;
                if (in.status() == QDataStream::Ok && !queueOrder.isEmpty()) {
                    auto queue = ReviewQueue::restored(queueOrder, magic == kPlaceFile ? queuePlace : QByteArray());
                    if (queue && !queue->isEmpty()) {
                        made.plan = planOf(plan);
                        made.queue = std::move(*queue);
                        made.flagging = flagging;
                        return made;
                    }
                }
                made.answers.clear();
                auto queue = makeQueue(project, made.plan);
                if (!queue)
                    return fail(queue.error());
                made.queue = std::move(*queue);
                made.flagging = flaggingOf(project);
                // Nothing was flagged yet: a queue of random faces is not what a person asked for by opening the page.
                if (made.flagging == 0)
                    made.queue = ReviewQueue();
                return made;
            });
        },
        [this](const Result<Made> &made) {
            m_loading = false;
            if (!made) {
                Q_EMIT queueChanged();
                Q_EMIT problem(QString::fromStdString(made.error().message));
                return;
            }
            m_plan = made->plan;
            m_flagging = made->flagging;
            m_answers.clear();
            m_withdrawn.clear();
            QDataStream in(made->answers);
            in.setVersion(QDataStream::Qt_6_4);
            quint32 count = 0;
            in >> count;
            for (quint32 i = 0; i < count && in.status() == QDataStream::Ok; ++i) {
                qint32 position = 0;
                qint64 edit = 0;
                quint8 outcome = 0, before = 0;
                in >> position >> edit >> outcome >> before;
                if (position < 0 || position >= made->queue.size())
                    continue;
                Answer answer;
                answer.position = position;
                answer.sample = made->queue.at(position).sample;
                answer.edit = std::make_shared<std::atomic<qint64>>(edit);
                answer.outcome = static_cast<Outcome>(outcome);
                answer.before = static_cast<Outcome>(before);
                m_answers.push_back(answer);
            }
            setQueue(made->queue);
            if (!m_queue.isEmpty())
                savePlan();
            projectChanged(); // scores may be newer than the sitting
        });
}

void ReviewDesk::setQueue(ReviewQueue queue)
{
    m_queue = std::move(queue);
    m_exposed.clear();
    m_last.reset();
    m_second.reset();
    m_note.clear();
    m_shownPosition = -1;
    m_sitting = ReviewSession(ReviewSession::Clock::now());
    Q_EMIT queueChanged();
    showCurrent();
}

void ReviewDesk::projectChanged()
{
    if (m_pending > 0 || m_loading)
        return; // most likely an answer of this desk; the next change or answer looks again
    m_reranking->start(
        [readers = m_session.readers(), plan = m_plan, known = m_flagging](const Job &) {
            using Ranking = std::optional<std::pair<std::int64_t, std::vector<SampleId>>>;
            return readers->with([&](const Project &project) -> Result<Ranking> {
                const std::int64_t flagging = flaggingOf(project);
                if (flagging == known)
                    return Ranking();
                auto samples = worstFirst(project, plan);
                if (!samples)
                    return fail(samples.error());
                return Ranking(std::pair(flagging, std::move(*samples)));
            });
        },
        [this](const auto &ranking) {
            if (!ranking || !*ranking)
                return;
            m_flagging = (**ranking).first;
            m_faces->forgetAll();
            if (m_queue.isEmpty() && m_plan.kind == QueuePlan::Kind::Flagged) {
                open(m_plan);
                return;
            }
            if (m_plan.kind != QueuePlan::Kind::Samples) {
                m_queue.rerank((**ranking).second);
                savePlan();
                Q_EMIT hint(tr("New scores: the faces not shown yet are in a new order."));
            }
            Q_EMIT queueChanged();
            showCurrent();
        });
}

// ------------------------------------------------------------------------------------------- what is shown

std::shared_ptr<const ReviewFace> ReviewDesk::face() const
{
    const auto current = m_queue.current();
    return current ? m_faces->face(*current) : nullptr;
}

bool ReviewDesk::isRevealed() const
{
    if (!m_blind || m_queue.atEnd())
        return true;
    return m_exposed.contains(m_queue.position()) || m_queue.at(m_queue.position()).outcome != Outcome::None;
}

void ReviewDesk::wantFaces()
{
    std::vector<SampleId> wanted = m_queue.upcoming(kAhead);
    for (int back = 1; back <= 8 && m_queue.position() - back >= 0; ++back)
        wanted.push_back(m_queue.at(m_queue.position() - back).sample);
    m_faces->want(std::move(wanted));
}

void ReviewDesk::showCurrent()
{
    if (m_shownPosition != m_queue.position()) {
        m_second.reset();
        m_note.clear();
    }
    wantFaces();
    const bool there = face() != nullptr;
    if (there && m_shownPosition != m_queue.position()) {
        m_shownPosition = m_queue.position();
        m_shownFor.start();
        if (!m_blind)
            m_exposed.insert(m_shownPosition);
    }
    Q_EMIT faceChanged();
    Q_EMIT progressChanged();
}

std::optional<ClassId> ReviewDesk::givenOf(const ReviewFace &face) const
{
    return face.row.given ? face.row.given : face.row.label;
}

std::optional<ClassId> ReviewDesk::suggestionOf(const ReviewFace &face) const
{
    if (face.row.suggested && *face.row.suggested)
        return face.row.suggested;
    if (face.row.predicted && *face.row.predicted)
        return face.row.predicted;
    return std::nullopt;
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
    if (m_unsaved > 0 || m_session.savedState() == ProjectSession::SavedState::NotSaved) {
        Q_EMIT hint(tr("Not saved: the answer before could not be stored. Retry it first."));
        return false;
    }
    // A key that arrives before its face was seen would label something nobody looked at.
    return face() != nullptr && m_shownPosition == m_queue.position();
}

void ReviewDesk::label(int classIndex)
{
    if (classIndex < 0 || classIndex >= static_cast<int>(classes().size()))
        return;
    give(Verdict::Kind::Label, classes()[static_cast<std::size_t>(classIndex)].id);
}

void ReviewDesk::keepGiven()
{
    if (!isRevealed()) {
        Q_EMIT hint(tr("Space is off in blind review: the given label is hidden until you answer. Press a digit."));
        return;
    }
    const auto shown = face();
    if (!shown)
        return;
    const auto given = givenOf(*shown);
    if (!given) {
        Q_EMIT hint(tr("This face has no given label to keep. Press a digit."));
        return;
    }
    give(Verdict::Kind::Label, given);
}

void ReviewDesk::takeSuggestion()
{
    if (!isRevealed()) {
        Q_EMIT hint(tr("Enter is off in blind review: the suggestion is hidden until you answer. Press a digit."));
        return;
    }
    const auto shown = face();
    if (!shown)
        return;
    const auto suggestion = suggestionOf(*shown);
    if (!suggestion) {
        Q_EMIT hint(tr("There is no suggestion for this face: it has no scores yet."));
        return;
    }
    give(Verdict::Kind::Label, suggestion);
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
    if (classIndex < 0 || classIndex >= static_cast<int>(classes().size()) || m_queue.atEnd())
        return;
    const ClassId id = classes()[static_cast<std::size_t>(classIndex)].id;
    m_second = m_second == id ? std::nullopt : std::optional(id);
    Q_EMIT faceChanged();
}

void ReviewDesk::give(Verdict::Kind kind, std::optional<ClassId> label)
{
    if (!mayAnswer())
        return;
    const int position = m_queue.position();
    const auto shown = face();
    const bool wasAnswered = m_queue.at(position).outcome != Outcome::None;
    Verdict verdict;
    verdict.kind = kind;
    verdict.label = label;
    verdict.second = m_second != label ? m_second : std::nullopt;
    verdict.seconds = static_cast<double>(m_shownFor.elapsed()) / 1000.0;
    verdict.blind = m_blind && !m_exposed.contains(position);
    verdict.afterReveal = verdict.blind && wasAnswered;
    verdict.note = m_note.toStdString();
    const bool moveOn = !(verdict.blind && !wasAnswered && m_stay && kind != Verdict::Kind::Skip);
    store(position, shown, std::move(verdict), moveOn);
}

void ReviewDesk::reviseLast(int classIndex)
{
    if (!m_last || !m_last->blind || !m_last->face) {
        Q_EMIT hint(tr("There is no blind answer to revise."));
        return;
    }
    if (!m_session.isWritable() || m_unsaved > 0 || classIndex < 0 || classIndex >= static_cast<int>(classes().size()))
        return;
    Verdict verdict;
    verdict.label = classes()[static_cast<std::size_t>(classIndex)].id;
    verdict.seconds = static_cast<double>(m_shownFor.elapsed()) / 1000.0;
    verdict.blind = verdict.afterReveal = true;
    const QElapsedTimer shownFor = m_shownFor;
    store(m_last->position, m_last->face, std::move(verdict), false);
    m_shownFor = shownFor;
}

void ReviewDesk::store(int position, const std::shared_ptr<const ReviewFace> &face, Verdict verdict, bool moveOn)
{
    m_session.withAnnotator(m_dialogParent, [this, position, face, verdict = std::move(verdict),
                                             moveOn](const std::string &annotator) {
        if (position >= m_queue.size() || m_queue.at(position).sample != face->row.id)
            return; // the queue was exchanged while the name was asked for
        const auto given = givenOf(*face);
        Answer answer;
        answer.position = position;
        answer.sample = face->row.id;
        answer.edit = std::make_shared<std::atomic<qint64>>(0);
        answer.before = m_queue.at(position).outcome;
        answer.label = verdict.label;
        answer.blind = verdict.blind;
        switch (verdict.kind) {
        case Verdict::Kind::Label:
            answer.outcome = given == verdict.label ? Outcome::Kept : Outcome::Changed;
            answer.judged = given.has_value();
            answer.agrees = given == verdict.label;
            break;
        case Verdict::Kind::Unsure: answer.outcome = Outcome::Unsure; break;
        case Verdict::Kind::NotAFace: answer.outcome = Outcome::NotAFace; break;
        case Verdict::Kind::Skip: answer.outcome = Outcome::Skipped; break;
        case Verdict::Kind::Unlabeled: answer.outcome = Outcome::Changed; break; // the given label no longer counts
        }
        ++m_pending;
        m_session.edit(
            [sample = answer.sample, verdict, annotator, edit = answer.edit](Project &project) {
                auto made = annotate(project, sample, verdict, annotator);
                if (made)
                    edit->store(made->value);
                return made;
            },
            [this, guard = QPointer<ReviewDesk>(this), answer](const Result<EditId> &result) {
                if (guard)
                    stored(answer, result);
            });

        m_queue.setOutcome(position, answer.outcome);
        m_answers.push_back(answer);
        if (m_answers.size() > kKept)
            m_answers.pop_front();
        m_withdrawn.clear();
        if (answer.before == Outcome::None)
            m_sitting.answered(ReviewSession::Clock::now(), answer.judged, answer.agrees);
        m_last = LastAnswer{position, face, verdict.label, answer.outcome, verdict.blind};
        if (moveOn && position == m_queue.position())
            m_queue.advance();
        showCurrent();
        savePlaceSoon();
    });
}

void ReviewDesk::stored(const Answer &answer, const Result<EditId> &result)
{
    m_pending = std::max(0, m_pending - 1);
    if (result) {
        m_faces->forget(answer.sample);
        wantFaces();
        if (m_unsaved > 0) {
            // A retry came through: as if it had never failed.
            m_queue.setOutcome(answer.position, answer.outcome);
            m_answers.push_back(answer);
            if (--m_unsaved == 0) {
                Q_EMIT saveRecovered();
                m_queue.advanceToUnanswered();
                showCurrent();
            }
        }
        return;
    }
    std::erase_if(m_answers, [&](const Answer &other) { return other.edit == answer.edit; });
    m_queue.setOutcome(answer.position, answer.before);
    if (answer.before == Outcome::None)
        m_sitting.withdrawn(answer.judged, answer.agrees);
    if (isRetried(result.error().code))
        ++m_unsaved;
    m_last.reset();
    m_queue.moveTo(answer.position);
    showCurrent();
    Q_EMIT saveFailed(QString::fromStdString(result.error().message));
}

void ReviewDesk::giveUpUnsaved()
{
    m_unsaved = 0;
}

void ReviewDesk::undo()
{
    if (m_answers.empty()) {
        Q_EMIT hint(tr("No answer of this queue is left to undo. Ctrl+Z undoes other changes."));
        return;
    }
    if (m_unsaved > 0) {
        Q_EMIT hint(tr("Not saved: the answer before could not be stored. Retry it first."));
        return;
    }
    const Answer answer = m_answers.back();
    m_answers.pop_back();
    ++m_pending;
    m_session.edit(
        [edit = answer.edit](Project &project) -> Result<EditId> {
            const auto newest = project.nextUndo();
            if (!newest)
                return fail(ErrorCode::NotFound, "There is nothing left to undo.");
            if (newest->id.value != edit->load())
                return fail(ErrorCode::Conflict, "The newest change is not an answer of this queue but: " + newest->name
                                                     + ". Undo it with Ctrl+Z first.");
            auto undone = project.undo();
            if (!undone)
                return fail(undone.error());
            return undone->id;
        },
        [this, guard = QPointer<ReviewDesk>(this), answer](const Result<EditId> &result) {
            if (!guard)
                return;
            m_pending = std::max(0, m_pending - 1);
            if (!result) {
                m_answers.push_back(answer);
                Q_EMIT hint(QString::fromStdString(result.error().message));
                return;
            }
            m_withdrawn.push_back(answer);
            withdraw(answer, true);
        });
}

void ReviewDesk::withdraw(const Answer &answer, bool goThere)
{
    m_queue.setOutcome(answer.position, answer.before);
    if (answer.before == Outcome::None)
        m_sitting.withdrawn(answer.judged, answer.agrees);
    m_faces->forget(answer.sample);
    m_last.reset();
    if (answer.blind)
        m_exposed.insert(answer.position); // what was hidden was shown after the answer: no longer blind
    if (goThere) {
        m_shownPosition = -1;
        m_queue.moveTo(answer.position);
    }
    Q_EMIT hint(tr("Undone: this is the face."));
    showCurrent();
    savePlaceSoon();
}

void ReviewDesk::previous()
{
    if (m_queue.previous())
        showCurrent();
    savePlaceSoon();
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
    savePlaceSoon();
}

void ReviewDesk::goTo(int position)
{
    if (position > m_queue.furthest() + 1 || position == m_queue.position())
        return;
    m_queue.moveTo(position);
    showCurrent();
    savePlaceSoon();
}

void ReviewDesk::setBlind(bool blind)
{
    if (m_blind == blind)
        return;
    m_blind = blind;
    settings().setValue(QStringLiteral("review/blind"), blind);
    if (!blind && !m_queue.atEnd())
        m_exposed.insert(m_queue.position());
    if (blind && !m_queue.atEnd() && m_exposed.contains(m_queue.position()))
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

// ------------------------------------------------------------------------------------- the place is kept

QString ReviewDesk::filePath(const QString &name) const
{
    return QDir(m_session.folder()).filePath(QStringLiteral("review/") + name);
}

void ReviewDesk::savePlan()
{
    if (!m_session.isWritable())
        return;
    QDir(m_session.folder()).mkpath(QStringLiteral("review"));
    QByteArray bytes;
    QDataStream out(&bytes, QIODevice::WriteOnly);
    out.setVersion(QDataStream::Qt_6_4);
    out << planBytes(m_plan) << m_queue.orderBytes();
    const QByteArray place = placeFile();
    // Both files together, the place first: a place without its order is ignored.
    QThreadPool::globalInstance()->start(
        [bytes, place, order = filePath(QStringLiteral("queue.order")), at = filePath(QStringLiteral("queue.place"))] {
            writeFile(at, place);
            writeFile(order, bytes);
        });
}

QByteArray ReviewDesk::placeFile() const
{
    QByteArray answers;
    QDataStream list(&answers, QIODevice::WriteOnly);
    list.setVersion(QDataStream::Qt_6_4);
    quint32 stored = 0;
    for (const Answer &answer : m_answers)
        stored += answer.edit->load() != 0;
    list << stored;
    for (const Answer &answer : m_answers) {
        if (answer.edit->load() != 0)
            list << qint32(answer.position) << answer.edit->load() << quint8(answer.outcome) << quint8(answer.before);
    }
    QByteArray bytes;
    QDataStream out(&bytes, QIODevice::WriteOnly);
    out.setVersion(QDataStream::Qt_6_4);
    out << kPlaceFile << qint64(m_flagging) << m_queue.placeBytes() << answers;
    return bytes;
}

void ReviewDesk::savePlaceSoon()
{
    m_saveTimer->start();
}

void ReviewDesk::savePlaceNow(bool wait)
{
    if (!m_session.isWritable() || m_queue.isEmpty())
        return;
    const QString path = filePath(QStringLiteral("queue.place"));
    if (wait)
        writeFile(path, placeFile());
    else
        QThreadPool::globalInstance()->start([path, bytes = placeFile()] { writeFile(path, bytes); });
}

} // namespace mien
