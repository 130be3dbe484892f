#pragma once

#include "studio/common/job_queue.h"

#include <QAbstractListModel>
#include <QPointer>

namespace mien {

/// The jobs of a queue as rows; waiting ones first.
class JobModel : public QAbstractListModel
{
    Q_OBJECT

public:
    enum Role { IdRole = Qt::UserRole, StateRole, ShareRole, DetailRole };

    explicit JobModel(QObject *parent = nullptr);
    void setQueue(JobQueue *queue); ///< May be null.

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    const JobInfo &at(int row) const { return m_jobs[row]; }

    static QString stateText(JobState state);
    static QString unitText(const QString &unit, qint64 count); ///< "faces": what a progress event counts.
    static QString detailText(const JobInfo &job);              ///< "1,204 of 35,887 rows · 8,100/s · 4 s left"

private:
    void reload();
    void update(const QString &id);

    QPointer<JobQueue> m_queue;
    QList<JobInfo> m_jobs;
};

} // namespace mien
