#pragma once

#include "studio/review/queue_files.h"

#include <QObject>
#include <QString>

#include <cstdint>
#include <vector>

namespace mien {

class Background;
class ProjectSession;

/// Makes review queues on worker threads: of a plan, of the last sitting, and anew when a job has flagged again.
class QueueMaker : public QObject
{
    Q_OBJECT

public:
    explicit QueueMaker(ProjectSession &session, QObject *parent = nullptr);

    void make(const QueuePlan &plan);
    /// The last sitting; without one the flagged samples, and nothing as long as nothing was flagged.
    void resume();
    /// Asks whether there is a newer flagging than `known`; reranked() tells.
    void lookForScores(const QueuePlan &plan, std::int64_t known);
    bool isBusy() const; ///< make() or resume() is at work.

Q_SIGNALS:
    void made(const mien::QueueSitting &sitting);
    void failed(const QString &text);
    void reranked(std::int64_t flagging, const std::vector<mien::SampleId> &worstFirst);

private:
    void deliver(const Result<QueueSitting> &sitting);

    ProjectSession &m_session;
    Background *m_making;
    Background *m_ranking;
    bool m_busy = false;
};

} // namespace mien
