#pragma once

#include "pipeline/store/labels.h"
#include "pipeline/store/project.h"
#include "studio/review/queue_files.h"

#include <QObject>
#include <QString>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mien {

class ProjectSession;

/// One answer of a person at the queue.
struct ReviewAnswer
{
    using Outcome = ReviewQueue::Outcome;

    int position = 0;
    SampleId sample;
    std::shared_ptr<std::atomic<std::int64_t>> edit; ///< 0 until stored.
    Outcome outcome = Outcome::None;
    Outcome before = Outcome::None; ///< What the item was.
    bool judged = false;            ///< There was a given label to agree with.
    bool agrees = false;
    bool blind = false;
    std::optional<ClassId> label;
    QString note;
};

/// Hands verdicts to the project's writer and remembers those that undo can take back. Nothing here waits: an answer
/// counts when it is given, and failed() takes it back when the writer could not store it.
class VerdictStore : public QObject
{
    Q_OBJECT

public:
    explicit VerdictStore(ProjectSession &session, QObject *parent = nullptr);

    /// Forgets the answers of the former queue; `kept` are those of the last sitting.
    void begin(const ReviewQueue &queue, const std::vector<KeptAnswer> &kept);
    /// A verdict that was given blind is stored as an open one when this person has spoken about the face before.
    void store(ReviewAnswer answer, const Verdict &verdict, const std::string &annotator);
    /// Withdraws the newest answer, unless something else was changed since: then refused() says what.
    void undo();

    int pending() const { return m_pending; } ///< Answers at the writer.
    /// Answers that failed and wait for a retry.
    int unsaved() const { return static_cast<int>(m_unsaved.size()); }
    /// What the next sitting needs to know; answers that are not stored yet are left out.
    std::vector<KeptAnswer> kept() const;

Q_SIGNALS:
    void stored(const mien::ReviewAnswer &answer);
    void failed(const mien::ReviewAnswer &answer, const QString &text);
    void recovered(const mien::ReviewAnswer &answer); ///< Stored by a retry, after failed().
    void withdrawn(const mien::ReviewAnswer &answer); ///< Undone, here or by Ctrl+Z.
    void repeated(const mien::ReviewAnswer &answer);  ///< Done again by redo.
    void refused(const QString &text);

private:
    void finished(const ReviewAnswer &answer, const Result<EditId> &result);
    void edited(const Edit &edit, bool withdrawn);

    ProjectSession &m_session;
    std::deque<ReviewAnswer> m_answers;   ///< Newest last; what Backspace walks back.
    std::deque<ReviewAnswer> m_withdrawn; ///< For redo.
    int m_pending = 0;
    std::vector<std::shared_ptr<std::atomic<std::int64_t>>> m_unsaved; ///< Their `edit`.
};

} // namespace mien
