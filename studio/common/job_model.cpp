#include "studio/common/job_model.h"

#include <QCoreApplication>
#include <QLocale>

#include <map>

namespace mien {

JobModel::JobModel(QObject *parent)
    : QAbstractListModel(parent)
{
}

void JobModel::setQueue(JobQueue *queue)
{
    if (m_queue)
        m_queue->disconnect(this);
    m_queue = queue;
    if (queue) {
        connect(queue, &JobQueue::added, this, &JobModel::reload);
        connect(queue, &JobQueue::removed, this, &JobModel::reload);
        connect(queue, &JobQueue::reordered, this, &JobModel::reload);
        connect(queue, &JobQueue::changed, this, &JobModel::update);
    }
    reload();
}

void JobModel::reload()
{
    beginResetModel();
    m_jobs = m_queue ? m_queue->jobs() : QList<JobInfo>();
    endResetModel();
}

void JobModel::update(const QString &id)
{
    const JobInfo *job = m_queue ? m_queue->job(id) : nullptr;
    for (int row = 0; job && row < m_jobs.size(); ++row) {
        if (m_jobs[row].id == id) {
            m_jobs[row] = *job;
            Q_EMIT dataChanged(index(row), index(row));
            return;
        }
    }
}

int JobModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_jobs.size());
}

QString JobModel::stateText(JobState state)
{
    switch (state) {
    case JobState::Waiting: return tr("waiting");
    case JobState::Running: return tr("running");
    case JobState::Paused: return tr("paused");
    case JobState::Stopping: return tr("stopping…");
    case JobState::Done: return tr("done");
    case JobState::DoneWithSkips: return tr("done, some skipped");
    case JobState::Failed: return tr("failed");
    case JobState::Cancelled: return tr("cancelled");
    }
    return {};
}

QString JobModel::unitText(const QString &unit, qint64 count)
{
    static const std::map<QString, const char *> texts{
        {QStringLiteral("check"), QT_TRANSLATE_N_NOOP("mien::JobUnits", "check(s)")},
        {QStringLiteral("face"), QT_TRANSLATE_N_NOOP("mien::JobUnits", "face(s)")},
        {QStringLiteral("frame"), QT_TRANSLATE_N_NOOP("mien::JobUnits", "frame(s)")},
        {QStringLiteral("image"), QT_TRANSLATE_N_NOOP("mien::JobUnits", "image(s)")},
        {QStringLiteral("iteration"), QT_TRANSLATE_N_NOOP("mien::JobUnits", "iteration(s)")},
        {QStringLiteral("item"), QT_TRANSLATE_N_NOOP("mien::JobUnits", "item(s)")},
        {QStringLiteral("look"), QT_TRANSLATE_N_NOOP("mien::JobUnits", "look(s)")},
        {QStringLiteral("picture"), QT_TRANSLATE_N_NOOP("mien::JobUnits", "picture(s)")},
        {QStringLiteral("row"), QT_TRANSLATE_N_NOOP("mien::JobUnits", "row(s)")},
        {QStringLiteral("sample"), QT_TRANSLATE_N_NOOP("mien::JobUnits", "sample(s)")},
        {QStringLiteral("step"), QT_TRANSLATE_N_NOOP("mien::JobUnits", "step(s)")},
        {QStringLiteral("video"), QT_TRANSLATE_N_NOOP("mien::JobUnits", "video(s)")},
    };
    const auto at = texts.find(unit);
    return at == texts.end()
               ? unit
               : QCoreApplication::translate("mien::JobUnits", at->second, nullptr, static_cast<int>(count));
}

QString JobModel::detailText(const JobInfo &job)
{
    const QLocale locale;
    QStringList parts;
    if (job.isActive()) {
        if (job.total > 0) {
            parts << tr("%1 of %2 %3")
                         .arg(locale.toString(qint64(job.done)), locale.toString(qint64(job.total)),
                              unitText(job.unit, qint64(job.total)))
                         .trimmed();
        } else if (job.done > 0) {
            parts << QStringLiteral("%1 %2")
                         .arg(locale.toString(qint64(job.done)), unitText(job.unit, qint64(job.done)))
                         .trimmed();
        }
        if (job.rate > 0 && job.state == JobState::Running)
            parts << tr("%1/s").arg(locale.toString(job.rate, 'f', job.rate < 10 ? 1 : 0));
        if (job.etaS >= 0 && job.state == JobState::Running)
            parts << tr("%1 left").arg(durationText(job.etaS));
        if (job.facesPerFrame >= 0)
            parts << tr("%1 faces a frame").arg(locale.toString(job.facesPerFrame, 'f', 2));
        if (job.failedFiles > 0)
            parts << tr("%Ln file(s) not readable", nullptr, int(job.failedFiles));
        if (!job.step.isEmpty())
            parts << job.step;
        if (parts.isEmpty())
            parts << (job.state == JobState::Stopping ? tr("asked to stop; what it did is kept") : tr("starting"));
    } else if (job.state == JobState::Failed) {
        parts << job.error;
    } else if (job.isOver() && job.startedAt.isValid() && job.finishedAt.isValid()) {
        parts << tr("took %1").arg(durationText(double(job.startedAt.msecsTo(job.finishedAt)) / 1000));
        if (job.state == JobState::DoneWithSkips && !job.error.isEmpty())
            parts << job.error;
    }
    if (job.warningCount > 0)
        parts << tr("%Ln warning(s)", nullptr, job.warningCount);
    return parts.join(QStringLiteral(" · "));
}

QVariant JobModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= m_jobs.size())
        return {};
    const JobInfo &job = m_jobs[index.row()];
    switch (role) {
    case Qt::DisplayRole: return job.title;
    case Qt::AccessibleTextRole:
        return QStringLiteral("%1, %2, %3").arg(job.title, stateText(job.state), detailText(job));
    case Qt::ToolTipRole: return job.folder;
    case IdRole: return job.id;
    case StateRole: return int(job.state);
    case ShareRole: return job.total > 0 ? job.done / job.total : -1.0;
    case DetailRole: return detailText(job);
    default: return {};
    }
}

} // namespace mien
