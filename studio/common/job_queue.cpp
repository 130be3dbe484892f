#include "studio/common/job_queue.h"

#include "studio/common/mien_command.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QRandomGenerator>
#include <QSaveFile>
#include <QTimer>

#include <algorithm>
#include <csignal>
#include <unistd.h>

namespace mien {

namespace {

constexpr int keptWarnings = 1000;

// What the window keeps in a job folder beside the files of `mien` itself: the request as asked for here, the process,
// all that was said on stdout and stderr, and how it ended.
const QString requestFile = QStringLiteral("studio.json"), processFile = QStringLiteral("process.json"),
              outputFile = QStringLiteral("output.jsonl"), errorFile = QStringLiteral("output.log"),
              exitFile = QStringLiteral("exit");

QString startTimeOf(qint64 pid)
{
    QFile stat(QStringLiteral("/proc/%1/stat").arg(pid));
    if (!stat.open(QIODevice::ReadOnly))
        return {};
    const QByteArray text = stat.readAll();
    // The name in parentheses may hold spaces; field 22 is counted behind it.
    const QList<QByteArray> fields = text.mid(text.lastIndexOf(')') + 2).split(' ');
    if (fields.size() < 20 || fields[0] == "Z")
        return {};
    return QString::fromLatin1(fields[19]);
}

QJsonObject readObject(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(file.readAll()).object() : QJsonObject();
}

bool writeObject(const QString &path, const QJsonObject &object)
{
    QSaveFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(QJsonDocument(object).toJson()) >= 0 && file.commit();
}

QString lastLine(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    file.seek(std::max<qint64>(0, file.size() - 4096));
    const QString text = QString::fromUtf8(file.readAll()).trimmed();
    return text.section(QLatin1Char('\n'), -1);
}

// Runs the command, keeps its output and writes its exit status by rename, so that the end of a job is known also
// when no window watched it. Its own SIGTERM is ignored in favour of the child's answer to it.
const char *const shellScript = R"(trap : TERM INT; cd "$MIEN_JOB_FOLDER" || exit 1
"$@" >output.jsonl 2>output.log & child=$!
wait $child; status=$?
while kill -0 $child 2>/dev/null; do wait $child; status=$?; done
echo $status >exit.tmp && mv exit.tmp exit)";

} // namespace

QString durationText(double seconds)
{
    const auto whole = qint64(seconds + .5);
    if (whole < 60)
        return QObject::tr("%1 s").arg(whole);
    if (whole < 3600)
        return QObject::tr("%1 min").arg((whole + 30) / 60);
    return QObject::tr("%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60);
}

JobQueue::JobQueue(QString folder, QObject *parent) : QObject(parent), m_folder(std::move(folder)), m_timer(new QTimer(this))
{
    m_timer->setInterval(150);
    connect(m_timer, &QTimer::timeout, this, &JobQueue::poll);
    load();
    // After the constructor, so that who made the queue hears of what it starts.
    QTimer::singleShot(0, this, &JobQueue::startNext);
}

JobQueue::~JobQueue() = default;

void JobQueue::setProject(const QString &projectFolder, const QStringList &environment)
{
    m_project = projectFolder;
    m_environment = environment;
}

void JobQueue::load()
{
    QList<std::pair<double, JobInfo>> waiting;
    QList<JobInfo> others;
    for (const QFileInfo &entry : QDir(m_folder).entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        const QDir folder(entry.filePath());
        const QJsonObject request = readObject(folder.filePath(requestFile));
        if (!request.contains(QStringLiteral("title")))
            continue; // Made by hand on the command line: not ours to show or start.
        JobInfo job;
        job.id = entry.fileName();
        job.folder = entry.filePath();
        job.title = request[QStringLiteral("title")].toString();
        for (const auto &argument : request[QStringLiteral("arguments")].toArray())
            job.arguments << argument.toString();
        job.compute = request[QStringLiteral("compute")].toBool(true);
        job.createdAt = QDateTime::fromMSecsSinceEpoch(qint64(request[QStringLiteral("created_ms")].toDouble()));
        const QJsonObject process = readObject(folder.filePath(processFile));
        if (process.isEmpty() && !folder.exists(exitFile)) {
            job.state = request[QStringLiteral("cancelled")].toBool() ? JobState::Cancelled : JobState::Waiting;
        } else {
            job.pid = qint64(process[QStringLiteral("pid")].toDouble());
            job.startedAt = QDateTime::fromMSecsSinceEpoch(qint64(process[QStringLiteral("started_ms")].toDouble()));
            job.state = process[QStringLiteral("stopping")].toBool() ? JobState::Stopping : JobState::Running;
            m_follow[job.id].startTime = process[QStringLiteral("start_time")].toString();
        }
        if (job.state == JobState::Waiting)
            waiting.append({request[QStringLiteral("order")].toDouble(), job});
        else
            others.append(job);
    }
    std::sort(waiting.begin(), waiting.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
    std::sort(others.begin(), others.end(), [](const JobInfo &a, const JobInfo &b) { return a.createdAt > b.createdAt; });
    for (const auto &[order, job] : waiting)
        m_jobs.append(job);
    m_jobs.append(others);
    poll();
    if (hasActive())
        m_timer->start();
}

void JobQueue::store(const JobInfo &job) const
{
    double order = 0;
    for (const JobInfo &other : m_jobs) {
        if (other.id == job.id)
            break;
        ++order;
    }
    QJsonObject request{{QStringLiteral("title"), job.title},
                        {QStringLiteral("arguments"), QJsonArray::fromStringList(job.arguments)},
                        {QStringLiteral("compute"), job.compute},
                        {QStringLiteral("created_ms"), double(job.createdAt.toMSecsSinceEpoch())},
                        {QStringLiteral("order"), order}};
    if (job.state == JobState::Cancelled && job.pid == 0)
        request[QStringLiteral("cancelled")] = true;
    writeObject(QDir(job.folder).filePath(requestFile), request);
}

JobInfo *JobQueue::find(const QString &id)
{
    const auto at = std::find_if(m_jobs.begin(), m_jobs.end(), [&](const JobInfo &job) { return job.id == id; });
    return at == m_jobs.end() ? nullptr : &*at;
}

const JobInfo *JobQueue::job(const QString &id) const
{
    return const_cast<JobQueue *>(this)->find(id);
}

int JobQueue::activeCount() const
{
    return int(std::count_if(m_jobs.begin(), m_jobs.end(), [](const JobInfo &job) { return job.isActive(); }));
}

QString JobQueue::start(const QString &title, const QStringList &arguments, bool compute)
{
    JobInfo job;
    job.createdAt = QDateTime::currentDateTime();
    job.id = QStringLiteral("%1-%2").arg(job.createdAt.toUTC().toString(QStringLiteral("yyyyMMdd-HHmmsszzz")),
                                         QString::number(QRandomGenerator::global()->generate() & 0xFFFF, 16));
    job.title = title;
    job.arguments = arguments;
    job.compute = compute;
    job.folder = QDir(m_folder).filePath(job.id);
    if (!QDir().mkpath(job.folder)) {
        job.state = JobState::Failed;
        job.error = tr("The job folder %1 could not be made. Is the disk full or read-only?").arg(job.folder);
    }
    // Behind the jobs that wait already, before those that are over.
    const auto firstOther = std::find_if(m_jobs.begin(), m_jobs.end(),
                                         [](const JobInfo &other) { return other.state != JobState::Waiting; });
    m_jobs.insert(firstOther - m_jobs.begin(), job);
    if (job.state == JobState::Waiting)
        store(job);
    Q_EMIT added(job.id);
    if (job.state == JobState::Failed)
        Q_EMIT finished(job.id);
    startNext();
    return job.id;
}

void JobQueue::startNext()
{
    for (;;) {
        const bool busy = std::any_of(m_jobs.begin(), m_jobs.end(),
                                      [](const JobInfo &job) { return job.isActive() && job.compute; });
        const auto next = std::find_if(m_jobs.begin(), m_jobs.end(), [&](const JobInfo &job) {
            return job.state == JobState::Waiting && (!job.compute || !busy);
        });
        if (next == m_jobs.end())
            return;
        launch(*next);
    }
}

void JobQueue::launch(JobInfo &job)
{
    QStringList arguments{QStringLiteral("-c"), QString::fromLatin1(shellScript), QStringLiteral("mien-job"), mienProgram()};
    arguments += job.arguments;
    if (!m_project.isEmpty())
        arguments += {QStringLiteral("-p"), m_project, QStringLiteral("--job"), job.id};
    arguments += QStringLiteral("--json");

    QProcess process;
    process.setProgram(QStringLiteral("/bin/sh"));
    process.setArguments(arguments);
    process.setWorkingDirectory(job.folder);
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("MIEN_JOB_FOLDER"), job.folder);
    for (const QString &entry : std::as_const(m_environment))
        environment.insert(entry.section(QLatin1Char('='), 0, 0), entry.section(QLatin1Char('='), 1));
    process.setProcessEnvironment(environment);
    process.setStandardInputFile(QProcess::nullDevice());
    process.setStandardOutputFile(QProcess::nullDevice());
    process.setStandardErrorFile(QProcess::nullDevice());
    const QString id = job.id;
    if (!process.startDetached(&job.pid)) {
        job.pid = 0;
        job.error = tr("%1 could not be started: %2.").arg(mienProgram(), process.errorString());
        job.state = JobState::Failed;
        job.finishedAt = QDateTime::currentDateTime();
        Q_EMIT changed(id);
        Q_EMIT finished(id);
        return;
    }
    job.state = JobState::Running;
    job.startedAt = QDateTime::currentDateTime();
    Follow &follow = m_follow[id];
    follow.startTime = startTimeOf(job.pid);
    writeObject(QDir(job.folder).filePath(processFile),
                {{QStringLiteral("pid"), double(job.pid)},
                 {QStringLiteral("start_time"), follow.startTime},
                 {QStringLiteral("started_ms"), double(job.startedAt.toMSecsSinceEpoch())}});
    m_timer->start();
    Q_EMIT changed(id);
}

void JobQueue::poll()
{
    QStringList over;
    for (JobInfo &job : m_jobs) {
        if (!job.isActive())
            continue;
        const QString exitPath = QDir(job.folder).filePath(exitFile);
        // Asked before reading, so that nothing written before the end is missed.
        const bool ended = QFile::exists(exitPath);
        const QString startTime = m_follow[job.id].startTime;
        const bool gone = !ended && (startTime.isEmpty() || startTimeOf(job.pid) != startTime);
        readEvents(job);
        if (ended || (gone && !QFile::exists(exitPath))) {
            QFile file(exitPath);
            int status = -1;
            if (ended && file.open(QIODevice::ReadOnly))
                status = file.readAll().trimmed().toInt();
            while (m_follow[job.id].offset < QFileInfo(QDir(job.folder).filePath(outputFile)).size()) {
                const qint64 before = m_follow[job.id].offset;
                readEvents(job);
                if (m_follow[job.id].offset == before)
                    break;
            }
            finish(job, status);
            over << job.id;
        }
    }
    for (const QString &id : std::as_const(over)) {
        // Waiting jobs lead the list; a job that is over goes before the older ones.
        Q_EMIT changed(id);
        Q_EMIT finished(id);
    }
    if (!over.isEmpty())
        startNext();
    if (!hasActive())
        m_timer->stop();
}

void JobQueue::readEvents(JobInfo &job)
{
    constexpr qint64 atOnce = 1 << 20; // A tick stays far below 50 ms.
    QFile file(QDir(job.folder).filePath(outputFile));
    Follow &follow = m_follow[job.id];
    if (!file.open(QIODevice::ReadOnly) || file.size() <= follow.offset)
        return;
    file.seek(follow.offset);
    follow.rest += file.read(atOnce);
    follow.offset = file.pos();
    QList<QJsonObject> lines;
    qsizetype from = 0;
    for (qsizetype end; (end = follow.rest.indexOf('\n', from)) >= 0; from = end + 1) {
        const QJsonObject line = QJsonDocument::fromJson(follow.rest.mid(from, end - from)).object();
        const QString kind = line[QStringLiteral("event")].toString();
        if (kind == QStringLiteral("progress")) {
            job.done = line[QStringLiteral("done")].toDouble();
            job.total = line[QStringLiteral("total")].toDouble();
            job.unit = line[QStringLiteral("unit")].toString();
            job.step = line[QStringLiteral("step")].toString();
            job.rate = line[QStringLiteral("rate")].toDouble();
            job.etaS = line[QStringLiteral("eta_s")].toDouble(-1);
        } else if (kind == QStringLiteral("warning")) {
            ++job.warningCount;
            if (job.warnings.size() < keptWarnings)
                job.warnings.append(line);
        } else if (kind == QStringLiteral("result")) {
            job.result = line;
        }
        if (!line.isEmpty())
            lines.append(line);
    }
    follow.rest.remove(0, from);
    if (lines.isEmpty())
        return;
    const QString id = job.id;
    for (const QJsonObject &line : std::as_const(lines))
        Q_EMIT event(id, line);
    Q_EMIT changed(id);
}

void JobQueue::finish(JobInfo &job, int status)
{
    job.finishedAt = QFileInfo(QDir(job.folder).filePath(exitFile)).lastModified();
    if (!job.finishedAt.isValid())
        job.finishedAt = QDateTime::currentDateTime();
    const QString said = lastLine(QDir(job.folder).filePath(errorFile));
    switch (status) {
    case 0: job.state = JobState::Done; break;
    case 3: job.state = JobState::DoneWithSkips; job.error = said; break;
    case 130:
    case 128 + SIGTERM: job.state = JobState::Cancelled; break;
    default:
        if (job.step.isEmpty()) {
            // What `mien` announced before it read it, so that a crash names its file.
            QFile item(QDir(job.folder).filePath(QStringLiteral("item")));
            if (item.open(QIODevice::ReadOnly))
                job.step = QString::fromUtf8(item.readAll().constData());
        }
        job.state = JobState::Failed;
        job.error = !said.isEmpty() ? said
            : job.step.isEmpty()    ? tr("The job ended without a word. What it did so far is kept; retry continues there.")
                                    : tr("The job ended suddenly at %1. What it did so far is kept.").arg(job.step);
    }
}

void JobQueue::cancel(const QString &id)
{
    JobInfo *job = find(id);
    if (!job)
        return;
    if (job->state == JobState::Waiting) {
        job->state = JobState::Cancelled;
        job->finishedAt = QDateTime::currentDateTime();
        store(*job);
        Q_EMIT changed(id);
        Q_EMIT finished(id);
        return;
    }
    if (!job->isActive())
        return;
    // The shell forwards nothing, so its whole process group is asked; a detached start gives it one of its own.
    if (startTimeOf(job->pid) == m_follow[id].startTime) {
        const pid_t group = ::getpgid(pid_t(job->pid));
        if (group > 1 && group != ::getpgrp())
            ::kill(-group, SIGTERM);
    }
    job->state = JobState::Stopping;
    const QString path = QDir(job->folder).filePath(processFile);
    QJsonObject process = readObject(path);
    process[QStringLiteral("stopping")] = true;
    writeObject(path, process);
    Q_EMIT changed(id);
}

QString JobQueue::retry(const QString &id)
{
    const JobInfo *old = job(id);
    if (!old || !old->isOver())
        return {};
    return start(QString(old->title), QStringList(old->arguments), old->compute);
}

void JobQueue::move(const QString &id, int steps)
{
    const auto waiting = std::count_if(m_jobs.begin(), m_jobs.end(),
                                       [](const JobInfo &job) { return job.state == JobState::Waiting; });
    QList<qsizetype> positions;
    for (qsizetype i = 0; i < m_jobs.size(); ++i) {
        if (m_jobs[i].state == JobState::Waiting)
            positions << i;
    }
    for (qsizetype i = 0; i < waiting; ++i) {
        if (m_jobs[positions[i]].id != id)
            continue;
        const qsizetype target = std::clamp<qsizetype>(i + steps, 0, waiting - 1);
        m_jobs.move(positions[i], positions[target]);
        for (const qsizetype position : std::as_const(positions))
            store(m_jobs[position]);
        Q_EMIT reordered();
        return;
    }
}

void JobQueue::remove(const QString &id)
{
    const JobInfo *old = job(id);
    if (!old || !old->isOver())
        return;
    QDir(old->folder).removeRecursively();
    m_jobs.removeIf([&](const JobInfo &entry) { return entry.id == id; });
    m_follow.remove(id);
    Q_EMIT removed(id);
}

void JobQueue::stopAll()
{
    for (const JobInfo &job : jobs()) {
        if (job.isActive())
            cancel(job.id);
    }
}

} // namespace mien
