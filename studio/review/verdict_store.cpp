#include "studio/review/verdict_store.h"

#include "studio/common/project_session.h"
#include "studio/review/face_loader.h"

#include <QPointer>

#include <algorithm>

namespace mien {

namespace {

constexpr std::size_t kKept = 2000; // Answers that Backspace can walk back.

bool isRetried(ErrorCode code)
{
    return code == ErrorCode::NoSpace || code == ErrorCode::Unreadable || code == ErrorCode::Internal;
}

bool hasSpoken(const Project &project, SampleId sample, const std::string &annotator)
{
    const std::vector<std::string> annotators = annotatorsOf(project, sample);
    return std::find(annotators.begin(), annotators.end(), annotator) != annotators.end();
}

} // namespace

VerdictStore::VerdictStore(ProjectSession &session, QObject *parent)
    : QObject(parent)
    , m_session(session)
{
    connect(&m_session, &ProjectSession::edited, this, &VerdictStore::edited);
}

void VerdictStore::begin(const ReviewQueue &queue, const std::vector<KeptAnswer> &kept)
{
    m_answers.clear();
    m_withdrawn.clear();
    for (const KeptAnswer &one : kept) {
        ReviewAnswer answer;
        answer.position = one.position;
        answer.sample = queue.at(one.position).sample;
        answer.edit = std::make_shared<std::atomic<std::int64_t>>(one.edit);
        answer.outcome = one.outcome;
        answer.before = one.before;
        answer.note = one.note;
        m_answers.push_back(std::move(answer));
    }
}

std::vector<KeptAnswer> VerdictStore::kept() const
{
    std::vector<KeptAnswer> kept;
    for (const ReviewAnswer &answer : m_answers) {
        if (const std::int64_t edit = answer.edit->load(); edit != 0)
            kept.push_back({answer.position, edit, answer.outcome, answer.before, answer.note});
    }
    return kept;
}

void VerdictStore::store(ReviewAnswer answer, const Verdict &verdict, const std::string &annotator)
{
    answer.edit = std::make_shared<std::atomic<std::int64_t>>(0);
    ++m_pending;
    m_answers.push_back(answer);
    if (m_answers.size() > kKept)
        m_answers.pop_front();
    m_withdrawn.clear();
    m_session.edit(
        [sample = answer.sample, verdict, annotator, edit = answer.edit](Project &project) {
            Verdict said = verdict;
            // Whatever the screen hid: who labelled it elsewhere knows its label.
            said.blind = said.blind && (said.afterReveal || !hasSpoken(project, sample, annotator));
            auto made = annotate(project, sample, said, annotator);
            if (made)
                edit->store(made->value);
            return made;
        },
        [guard = QPointer<VerdictStore>(this), answer](const Result<EditId> &result) {
            if (guard)
                guard->finished(answer, result);
        });
}

void VerdictStore::finished(const ReviewAnswer &answer, const Result<EditId> &result)
{
    m_pending = std::max(0, m_pending - 1);
    if (result) {
        const bool retried = std::erase(m_unsaved, answer.edit) > 0;
        if (retried)
            m_answers.push_back(answer);
        Q_EMIT stored(answer);
        if (retried)
            Q_EMIT recovered(answer);
        return;
    }
    std::erase_if(m_answers, [&](const ReviewAnswer &other) { return other.edit == answer.edit; });
    // A retry may fail as well: the answer waits once.
    std::erase(m_unsaved, answer.edit);
    if (isRetried(result.error().code))
        m_unsaved.push_back(answer.edit);
    Q_EMIT failed(answer, QString::fromStdString(result.error().message));
}

void VerdictStore::undo()
{
    if (m_answers.empty()) {
        Q_EMIT refused(tr("No answer of this queue is left to undo. Ctrl+Z undoes other changes."));
        return;
    }
    if (!m_unsaved.empty()) {
        Q_EMIT refused(tr("Not saved: the answer before could not be stored. Retry it first."));
        return;
    }
    const ReviewAnswer answer = m_answers.back();
    m_answers.pop_back();
    ++m_pending;
    m_session.edit(
        [edit = answer.edit](Project &project) -> Result<EditId> {
            const auto newest = project.nextUndo();
            if (!newest)
                return fail(ErrorCode::NotFound, "There is nothing left to undo.");
            if (newest->id.value != edit->load())
                return fail(ErrorCode::Conflict, "The newest change is not an answer of this queue but: " +
                                                     newest->name + ". Undo it with Ctrl+Z first.");
            auto undone = project.undo();
            if (!undone)
                return fail(undone.error());
            return undone->id;
        },
        [guard = QPointer<VerdictStore>(this), answer](const Result<EditId> &result) {
            if (!guard)
                return;
            guard->m_pending = std::max(0, guard->m_pending - 1);
            if (!result) {
                guard->m_answers.push_back(answer);
                Q_EMIT guard->refused(QString::fromStdString(result.error().message));
                return;
            }
            guard->m_withdrawn.push_back(answer);
            Q_EMIT guard->withdrawn(answer);
        });
}

void VerdictStore::edited(const Edit &edit, bool isWithdrawn)
{
    auto &from = isWithdrawn ? m_answers : m_withdrawn;
    const auto found = std::find_if(from.begin(), from.end(),
                                    [&](const ReviewAnswer &answer) { return answer.edit->load() == edit.id.value; });
    if (found == from.end())
        return;
    const ReviewAnswer answer = *found;
    from.erase(found);
    (isWithdrawn ? m_withdrawn : m_answers).push_back(answer);
    if (isWithdrawn)
        Q_EMIT withdrawn(answer);
    else
        Q_EMIT repeated(answer);
}

} // namespace mien
