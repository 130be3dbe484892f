#pragma once

#include "studio/common/job_info.h"

#include <QHash>
#include <QObject>
#include <QSet>

#include <memory>

class QTimer;

namespace mien {

class JobFiles;

/// The jobs of one folder, which is the truth: starts `mien … --json` as processes of their own, follows what they say,
/// finds them again after a restart of the window by pid and start time, and shows what was started by hand on the
/// command line. One compute job runs at a time, the others wait in a stored, reorderable order. Looks every 150 ms
/// while something runs, and once a second for jobs that others started. GUI thread only.
class JobQueue : public QObject
{
    Q_OBJECT

public:
    /// Reads what is in the folder (made at the first job) and goes on where the last window stopped.
    explicit JobQueue(QString folder, QObject *parent = nullptr);
    ~JobQueue() override; ///< Leaves running jobs alone.

    /// -p (and --job) for every job, and environment entries ("NAME=value"), e.g. the lease token.
    void setProject(const QString &projectFolder, const QStringList &environment);
    /// A window that only reads the project shows its jobs and starts none: those that wait belong to the one that
    /// writes.
    void setReadOnly(bool readOnly) { m_readOnly = readOnly; }

    /// Stores a job and starts it when it is its turn. Returns its id.
    QString start(const QString &title, const QStringList &arguments, bool compute = true);
    void cancel(const QString &id); ///< Running or paused: SIGTERM, state Stopping; waiting: Cancelled.
    /// Stops the process between two transactions (SIGTSTP, see StopOnSignals); /proc says that it is paused, so a
    /// restarted window knows. It keeps its turn: nothing else computes meanwhile.
    void pause(const QString &id);
    void resume(const QString &id);
    QString retry(const QString &id);            ///< The same command as a new job (it goes on where it stopped).
    QString retryWithoutItem(const QString &id); ///< The same, leaving out the item that the program crashed at.
    void move(const QString &id, int steps);     ///< Waiting jobs: earlier (negative) or later.
    void remove(const QString &id);              ///< A job that is over: deletes its folder.

    QList<JobInfo> jobs() const { return m_jobs; } ///< Waiting ones in their order; newest of the others first.
    const JobInfo *job(const QString &id) const;   ///< Valid until the next change.
    int activeCount() const;
    bool hasActive() const { return activeCount() > 0; }
    int ownActiveCount() const; ///< Without what was started by hand.
    void stopAll();             ///< Cancels what windows started and still runs; waiting jobs stay for the next time.

Q_SIGNALS:
    void added(const QString &id);
    void changed(const QString &id);
    void finished(const QString &id);
    void removed(const QString &id);
    void reordered();
    void event(const QString &id, const QJsonObject &line); ///< Every line: progress, metric, warning, result.

private:
    void load();
    void poll();
    void lookForOthers();
    void startNext();
    void launch(JobInfo &job);
    void insertOver(const JobInfo &job);
    JobInfo *find(const QString &id);
    JobFiles &files(const JobInfo &job);
    void storeRequest(const JobInfo &job);
    QString startLike(const JobInfo &old, const QStringList &more);

    QString m_folder, m_project;
    QStringList m_environment;
    QList<JobInfo> m_jobs;
    QHash<QString, std::shared_ptr<JobFiles>> m_files;
    QSet<QString> m_unread; ///< Folders that hold no request yet, or none of ours.
    QDateTime m_folderChangedAt;
    QTimer *m_timer, *m_lookout;
    bool m_readOnly = false;
};

} // namespace mien
