#include "studio/common/job_queue.h"

#include "studio/common/job_files.h"
#include "studio/common/mien_command.h"

#include <QDir>
#include <QFileInfo>
#include <QProcess>
#include <QRandomGenerator>
#include <QTimer>

#include <algorithm>
#include <csignal>
#include <unistd.h>

namespace mien {

namespace {

// Runs the command, keeps its output and writes its exit status by rename, so that the end of a job is known also
// when no window watched it. Its own SIGTERM is ignored in favour of the child's answer to it.
const char *const shellScript = R"(trap : TERM INT; folder=$MIEN_JOB_FOLDER
cd "$MIEN_JOB_DIRECTORY" 2>"$folder/output.log" || { echo 1 >"$folder/exit"; exit 1; }
"$@" >"$folder/output.jsonl" 2>"$folder/output.log" & child=$!
wait $child; status=$?
while kill -0 $child 2>/dev/null; do wait $child; status=$?; done
echo $status >"$folder/exit.tmp" && mv "$folder/exit.tmp" "$folder/exit")";

} // namespace

JobQueue::JobQueue(QString folder, QObject *parent)
    : QObject(parent)
    , m_folder(std::move(folder))
    , m_timer(new QTimer(this))
    , m_lookout(new QTimer(this))
{
    m_timer->setInterval(150);
    connect(m_timer, &QTimer::timeout, this, &JobQueue::poll);
    m_lookout->setInterval(1000);
    connect(m_lookout, &QTimer::timeout, this, &JobQueue::lookForOthers);
    load();
    m_lookout->start();
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
    m_folderChangedAt = QFileInfo(m_folder).lastModified();
    for (const QFileInfo &entry : QDir(m_folder).entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        auto folder = std::make_shared<JobFiles>(entry.filePath());
        const auto job = folder->load();
        if (!job) {
            m_unread.insert(entry.fileName());
            continue;
        }
        if (job->state == JobState::Waiting)
            waiting.append({folder->order(), *job});
        else
            others.append(*job);
        m_files.insert(job->id, std::move(folder));
    }
    std::sort(waiting.begin(), waiting.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
    std::sort(others.begin(), others.end(),
              [](const JobInfo &a, const JobInfo &b) { return a.createdAt > b.createdAt; });
    for (const auto &[order, job] : waiting)
        m_jobs.append(job);
    m_jobs.append(others);
    poll();
    if (hasActive())
        m_timer->start();
}

void JobQueue::lookForOthers()
{
    const QDateTime changedAt = QFileInfo(m_folder).lastModified();
    if (changedAt == m_folderChangedAt && m_unread.isEmpty() && !m_readOnly)
        return;
    m_folderChangedAt = changedAt;
    const QStringList names = QDir(m_folder).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    m_unread.intersect(QSet<QString>(names.begin(), names.end()));
    for (const QString &name : names) {
        JobInfo *known = find(name);
        const bool othersWaiting = m_readOnly && known && known->state == JobState::Waiting;
        if (known && !othersWaiting)
            continue;
        auto folder = std::make_shared<JobFiles>(QDir(m_folder).filePath(name));
        const auto job = folder->load();
        if (!job) {
            m_unread.insert(name);
            continue;
        }
        m_unread.remove(name);
        if (othersWaiting && job->state == JobState::Waiting)
            continue;
        m_files.insert(name, std::move(folder));
        if (known) {
            m_jobs.removeIf([&](const JobInfo &entry) { return entry.id == name; });
            Q_EMIT removed(name);
        }
        insertOver(*job);
        Q_EMIT added(name);
        if (job->isActive())
            m_timer->start();
    }
    for (const JobInfo &job : jobs()) {
        if (job.isOver() && !names.contains(job.id) && job.process.pid != 0) {
            m_jobs.removeIf([&](const JobInfo &entry) { return entry.id == job.id; });
            m_files.remove(job.id);
            Q_EMIT removed(job.id);
        }
    }
}

/// Behind the jobs that wait, before those that are over.
void JobQueue::insertOver(const JobInfo &job)
{
    const auto firstOther = std::find_if(m_jobs.begin(), m_jobs.end(),
                                         [](const JobInfo &other) { return other.state != JobState::Waiting; });
    m_jobs.insert(firstOther - m_jobs.begin(), job);
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

JobFiles &JobQueue::files(const JobInfo &job)
{
    auto &known = m_files[job.id];
    if (!known)
        known = std::make_shared<JobFiles>(job.folder);
    return *known;
}

void JobQueue::storeRequest(const JobInfo &job)
{
    const auto at =
        std::find_if(m_jobs.begin(), m_jobs.end(), [&](const JobInfo &other) { return other.id == job.id; });
    files(job).storeRequest(job, double(at - m_jobs.begin()));
}

int JobQueue::activeCount() const
{
    return int(std::count_if(m_jobs.begin(), m_jobs.end(), [](const JobInfo &job) { return job.isActive(); }));
}

int JobQueue::ownActiveCount() const
{
    return int(
        std::count_if(m_jobs.begin(), m_jobs.end(), [](const JobInfo &job) { return job.isActive() && !job.byHand; }));
}

QString JobQueue::start(const QString &title, const QStringList &arguments, bool compute)
{
    JobInfo job;
    job.title = title;
    job.arguments = arguments;
    job.compute = compute;
    return startLike(job, {});
}

QString JobQueue::startLike(const JobInfo &old, const QStringList &more)
{
    JobInfo job;
    job.createdAt = QDateTime::currentDateTime();
    job.id = QStringLiteral("%1-%2").arg(job.createdAt.toUTC().toString(QStringLiteral("yyyyMMdd-HHmmsszzz")),
                                         QString::number(QRandomGenerator::global()->generate() & 0xFFFF, 16));
    job.title = old.title;
    job.arguments = old.arguments + more;
    job.compute = old.compute;
    job.directory = old.directory;
    job.folder = QDir(m_folder).filePath(job.id);
    if (!QDir().mkpath(job.folder)) {
        job.state = JobState::Failed;
        job.error = tr("The job folder %1 could not be made. Is the disk full or read-only?").arg(job.folder);
    }
    insertOver(job);
    if (job.state == JobState::Waiting)
        storeRequest(job);
    Q_EMIT added(job.id);
    if (job.state == JobState::Failed)
        Q_EMIT finished(job.id);
    startNext();
    return job.id;
}

void JobQueue::startNext()
{
    while (!m_readOnly) {
        const bool busy =
            std::any_of(m_jobs.begin(), m_jobs.end(), [](const JobInfo &job) { return job.isActive() && job.compute; });
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
    QStringList arguments{QStringLiteral("-c"), QString::fromLatin1(shellScript), QStringLiteral("mien-job"),
                          mienProgram()};
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
    environment.insert(QStringLiteral("MIEN_JOB_DIRECTORY"), job.directory.isEmpty() ? job.folder : job.directory);
    for (const QString &entry : std::as_const(m_environment))
        environment.insert(entry.section(QLatin1Char('='), 0, 0), entry.section(QLatin1Char('='), 1));
    process.setProcessEnvironment(environment);
    process.setStandardInputFile(QProcess::nullDevice());
    process.setStandardOutputFile(QProcess::nullDevice());
    process.setStandardErrorFile(QProcess::nullDevice());
    const QString id = job.id;
    if (!process.startDetached(&job.process.pid)) {
        job.process.pid = 0;
        job.error = tr("%1 could not be started: %2.").arg(mienProgram(), process.errorString());
        job.state = JobState::Failed;
        job.finishedAt = QDateTime::currentDateTime();
        Q_EMIT changed(id);
        Q_EMIT finished(id);
        return;
    }
    job.state = JobState::Running;
    job.startedAt = QDateTime::currentDateTime();
    job.process.startTime = ProcessName::startTimeOf(job.process.pid);
    files(job).storeProcess(job);
    m_timer->start();
    Q_EMIT changed(id);
}

void JobQueue::poll()
{
    QStringList over, touched;
    for (JobInfo &job : m_jobs) {
        if (!job.isActive())
            continue;
        const QString id = job.id;
        if (files(job).follow(job, [&](const QJsonObject &line) { Q_EMIT event(id, line); }))
            touched << id;
        if (job.isOver())
            over << id;
    }
    for (const QString &id : std::as_const(touched))
        Q_EMIT changed(id);
    for (const QString &id : std::as_const(over))
        Q_EMIT finished(id);
    if (!over.isEmpty())
        startNext();
    if (!hasActive())
        m_timer->stop();
}

void JobQueue::cancel(const QString &id)
{
    JobInfo *job = find(id);
    if (!job)
        return;
    if (job->state == JobState::Waiting) {
        job->state = JobState::Cancelled;
        job->finishedAt = QDateTime::currentDateTime();
        storeRequest(*job);
        Q_EMIT changed(id);
        Q_EMIT finished(id);
        return;
    }
    if (!job->isActive())
        return;
    if (job->process.isAlive()) {
        // The shell forwards nothing, so its whole process group is asked; a detached start gives it one of its own.
        // What was started by hand shares its group with whoever started it.
        const pid_t group = ::getpgid(pid_t(job->process.pid));
        if (job->byHand)
            ::kill(pid_t(job->process.pid), SIGTERM);
        else if (group > 1 && group != ::getpgrp())
            ::kill(-group, SIGTERM);
        if (job->worker.isAlive())
            ::kill(pid_t(job->worker.pid), SIGCONT); // A paused process hears nothing else.
    }
    job->state = JobState::Stopping;
    files(*job).storeProcess(*job);
    Q_EMIT changed(id);
}

void JobQueue::pause(const QString &id)
{
    if (const JobInfo *job = this->job(id); job && job->canPause() && job->worker.isAlive())
        ::kill(pid_t(job->worker.pid), SIGTSTP);
}

void JobQueue::resume(const QString &id)
{
    if (const JobInfo *job = this->job(id); job && job->state == JobState::Paused && job->worker.isAlive())
        ::kill(pid_t(job->worker.pid), SIGCONT);
}

QString JobQueue::retry(const QString &id)
{
    const JobInfo *old = job(id);
    return old && old->isOver() ? startLike(JobInfo(*old), {}) : QString();
}

QString JobQueue::retryWithoutItem(const QString &id)
{
    const JobInfo *old = job(id);
    if (!old || !old->canGoOnWithoutItem())
        return {};
    return startLike(JobInfo(*old), {QStringLiteral("--leave-out"), old->crashedAt});
}

void JobQueue::move(const QString &id, int steps)
{
    QList<qsizetype> positions;
    for (qsizetype i = 0; i < m_jobs.size(); ++i) {
        if (m_jobs[i].state == JobState::Waiting)
            positions << i;
    }
    for (qsizetype i = 0; i < positions.size(); ++i) {
        if (m_jobs[positions[i]].id != id)
            continue;
        const qsizetype target = std::clamp<qsizetype>(i + steps, 0, positions.size() - 1);
        m_jobs.move(positions[i], positions[target]);
        for (const qsizetype position : std::as_const(positions))
            storeRequest(m_jobs[position]);
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
    m_files.remove(id);
    Q_EMIT removed(id);
}

void JobQueue::stopAll()
{
    for (const JobInfo &job : jobs()) {
        if (job.isActive() && !job.byHand)
            cancel(job.id);
    }
}

} // namespace mien
