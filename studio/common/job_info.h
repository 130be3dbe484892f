#pragma once

#include <QDateTime>
#include <QJsonObject>
#include <QList>
#include <QString>
#include <QStringList>

namespace mien {

enum class JobState { Waiting, Running, Paused, Stopping, Done, DoneWithSkips, Failed, Cancelled };

/// A process that is told from a later one with the same number by its start time (field 22 of /proc/PID/stat).
struct ProcessName
{
    qint64 pid = 0;
    QString startTime;

    /// State letter of /proc/PID/stat ('R', 'S', 'T' stopped …); 0 when the process is gone.
    char state() const;
    bool isAlive() const { return state() != 0; }
    static QString startTimeOf(qint64 pid); ///< Empty when there is no such process.
};

/// One job folder `jobs/<id>/` as the window shows it.
struct JobInfo
{
    QString id;
    QString title;         ///< "Import fer2013.csv"; the command itself for a job started by hand.
    QStringList arguments; ///< After `mien`, without -p and --json.
    bool compute = true;   ///< Waits for other compute jobs.
    bool byHand = false;   ///< Started on the command line, not by a window.
    JobState state = JobState::Waiting;

    double done = 0, total = 0; ///< total 0: not known.
    QString unit, step;
    double rate = 0, etaS = -1; ///< etaS < 0: not known.
    double facesPerFrame = -1;  ///< Of an extraction; < 0: not known.
    qint64 failedFiles = 0;     ///< That an extraction could not read so far.
    QJsonObject result;         ///< The last event; empty before the end.
    QString error;              ///< One sentence, with Failed.
    QString crashedAt; ///< The item that was being read when the program crashed; its key as --leave-out takes it.
    QList<QJsonObject> warnings; ///< The first 1,000; `warningCount` counts all.
    int warningCount = 0;
    QDateTime createdAt, startedAt, finishedAt;
    ProcessName process; ///< What the window started: a shell around `mien`; by hand `mien` itself.
    ProcessName worker;  ///< `mien`, once it said so; what is paused.
    QString folder;
    QString directory; ///< Where relative paths of `arguments` start; empty: they are absolute.

    bool isActive() const
    {
        return state == JobState::Running || state == JobState::Paused || state == JobState::Stopping;
    }
    bool isOver() const { return state >= JobState::Done; }
    bool canPause() const { return state == JobState::Running && worker.pid > 0; }
    /// Imported again, only what is missing is read: the items that were skipped.
    bool canRetryFailedOnly() const { return state == JobState::DoneWithSkips && isImport(); }
    bool canGoOnWithoutItem() const
    {
        return state == JobState::Failed && !crashedAt.isEmpty() && (isImport() || isExtraction());
    }
    bool isImport() const { return arguments.value(0) == QStringLiteral("import"); }
    bool isExtraction() const { return arguments.value(0) == QStringLiteral("extract"); }
    bool isThumbnails() const { return arguments.value(0) == QStringLiteral("thumbs"); }
};

QString durationText(double seconds); ///< "12 s", "3 min", "2 h 10 min"

} // namespace mien
