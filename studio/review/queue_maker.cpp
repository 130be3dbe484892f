#include "studio/review/queue_maker.h"

#include "pipeline/store/runs.h"
#include "studio/common/background.h"
#include "studio/common/project_readers.h"
#include "studio/common/project_session.h"

#include <optional>
#include <utility>

namespace mien {

namespace {

std::int64_t flaggingOf(const Project &project)
{
    const auto flagging = currentFlagging(project);
    return flagging ? flagging->id : 0;
}

Result<QueueSitting> newSitting(const Project &project, const QueuePlan &plan, const QString &folder)
{
    auto queue = makeQueue(project, plan);
    if (!queue)
        return fail(queue.error());
    QueueSitting sitting{plan, std::move(*queue), flaggingOf(project), {}, QueueFiles::readSeen(folder)};
    sitting.plan.samples.clear(); // they are the queue now
    return sitting;
}

} // namespace

QueueMaker::QueueMaker(ProjectSession &session, QObject *parent)
    : QObject(parent)
    , m_session(session)
    , m_making(new Background(this))
    , m_ranking(new Background(this))
{
}

void QueueMaker::make(const QueuePlan &plan)
{
    m_busy = true;
    m_making->start(
        [readers = m_session.readers(), folder = m_session.folder(), plan](const Job &) {
            return readers->with([&](const Project &project) { return newSitting(project, plan, folder); });
        },
        [this](const Result<QueueSitting> &sitting) { deliver(sitting); });
}

void QueueMaker::resume()
{
    m_busy = true;
    m_making->start(
        [readers = m_session.readers(), folder = m_session.folder()](const Job &) {
            return readers->with([&](const Project &project) -> Result<QueueSitting> {
                if (auto kept = QueueFiles::read(folder))
                    return std::move(*kept);
                auto sitting = newSitting(project, {}, folder);
                // Nothing was flagged yet: a queue of random faces is not what a person asked for by opening the page.
                if (sitting && sitting->flagging == 0)
                    sitting->queue = ReviewQueue();
                return sitting;
            });
        },
        [this](const Result<QueueSitting> &sitting) { deliver(sitting); });
}

void QueueMaker::deliver(const Result<QueueSitting> &sitting)
{
    m_busy = false;
    if (sitting)
        Q_EMIT made(*sitting);
    else
        Q_EMIT failed(QString::fromStdString(sitting.error().message));
}

void QueueMaker::lookForScores(const QueuePlan &plan, std::int64_t known)
{
    using Ranking = std::optional<std::pair<std::int64_t, std::vector<SampleId>>>;
    m_ranking->start(
        [readers = m_session.readers(), plan, known](const Job &) {
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
        [this](const Result<Ranking> &ranking) {
            // A ranking that cannot be read leaves the queue as it is; the next commit asks again.
            if (ranking && *ranking)
                Q_EMIT reranked((*ranking)->first, (*ranking)->second);
        });
}

bool QueueMaker::isBusy() const
{
    return m_busy;
}

} // namespace mien
