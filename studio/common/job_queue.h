#pragma once

#include <QDateTime>
#include <QHash>
#include <QJsonObject>
#include <QList>
#include <QObject>
#include <QStringList>

class QTimer;

namespace mien {

enum class JobState { Waiting, Running, Stopping, Done, DoneWithSkips, Failed, Cancelled };

/// One job folder `jobs/<id>/` as the window shows it.
struct JobInfo
{
    QString id;
    QString title;         ///< "Import fer2013.csv"
    QStringList arguments; ///< After `mien`, without -p and --json.
    bool compute = true;   ///< Waits for other compute jobs.
    JobState state = JobState::Waiting;

    double done = 0, total = 0; ///< total 0: not known.
    QString unit, step;
    double rate = 0, etaS = -1; ///< etaS < 0: not known.
    QJsonObject result;         ///< The last event; empty before the end.
    QString error;              ///< One sentence, with Failed.
    QList<QJsonObject> warnings; ///< The first 1,000; `warningCount` counts all.
    int warningCount = 0;
    QDateTime createdAt, startedAt, finishedAt;
    qint64 pid = 0;
    QString folder;

    bool isActive() const { return state == JobState::Running || state == JobState::Stopping; }
    bool isOver() const { return state >= JobState::Done; }
};

/// The jobs of one folder: starts `mien … --json` as processes of their own, follows what they say, finds them again
/// after a restart of the window by pid and start time. One compute job runs at a time, the others wait in a stored,
/// reorderable order. Polls every 150 ms while something runs. GUI thread only.
class JobQueue : public QObject
{
    Q_OBJECT

public:
    /// Reads what is in the folder (made at the first job) and goes on where the last window stopped.
    explicit JobQueue(QString folder, QObject *parent = nullptr);
    ~JobQueue() override; ///< Leaves running jobs alone.

    /// -p (and --job) for every job, and environment entries ("NAME=value"), e.g. the lease token.
    void setProject(const QString &projectFolder, const QStringList &environment);

    /// Stores a job and starts it when it is its turn. Returns its id.
    QString start(const QString &title, const QStringList &arguments, bool compute = true);
    void cancel(const QString &id);          ///< Running: SIGTERM, state Stopping; waiting: Cancelled.
    QString retry(const QString &id);        ///< The same command as a new job (it goes on where it stopped).
    void move(const QString &id, int steps); ///< Waiting jobs: earlier (negative) or later.
    void remove(const QString &id);          ///< A job that is over: deletes its folder.

    QList<JobInfo> jobs() const { return m_jobs; } ///< Waiting ones in their order; newest of the others first.
    const JobInfo *job(const QString &id) const;   ///< Valid until the next change.
    int activeCount() const;
    bool hasActive() const { return activeCount() > 0; }
    void stopAll(); ///< Cancels what runs; waiting jobs stay for the next time.

Q_SIGNALS:
    void added(const QString &id);
    void changed(const QString &id);
    void finished(const QString &id);
    void removed(const QString &id);
    void reordered();
    void event(const QString &id, const QJsonObject &line); ///< Every line: progress, metric, warning, result.

private:
    struct Follow
    {
        qint64 offset = 0;
        QByteArray rest;
        QString startTime; ///< Of the process, from /proc: a pid alone may be somebody else's by now.
    };

    void load();
    void poll();
    void startNext();
    void launch(JobInfo &job);
    void readEvents(JobInfo &job);
    void finish(JobInfo &job, int status);
    JobInfo *find(const QString &id);
    void store(const JobInfo &job) const;

    QString m_folder, m_project;
    QStringList m_environment;
    QList<JobInfo> m_jobs;
    QHash<QString, Follow> m_follow;
    QTimer *m_timer;
};

QString durationText(double seconds); ///< "12 s", "3 min", "2 h 10 min"

} // namespace mien
