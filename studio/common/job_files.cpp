#include "studio/common/job_files.h"

#include "studio/common/mien_command.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSaveFile>
#include <QSysInfo>

#include <csignal>

namespace mien {

namespace {

constexpr int keptWarnings = 1000;
constexpr qint64 bytesAtOnce = 1 << 20; // A tick stays far below 50 ms.
constexpr qint64 bytesOfThePast = 1 << 18;
constexpr int itemBytes = 4096; // One block of the file `item`.
constexpr qint64 silentHostS = 3600;
constexpr int crashedWithoutWord = -1;

QString tr(const char *text)
{
    return QCoreApplication::translate("mien::JobFiles", text);
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

QDateTime timeOf(const QJsonValue &ms)
{
    return QDateTime::fromMSecsSinceEpoch(qint64(ms.toDouble()));
}

/// What was asked for, without what the window adds itself.
QStringList withoutCommonOptions(const QJsonArray &asked)
{
    QStringList kept;
    for (qsizetype i = 0; i < asked.size(); ++i) {
        const QString argument = asked[i].toString();
        if (argument == QStringLiteral("-p") || argument == QStringLiteral("--project") ||
            argument == QStringLiteral("--job"))
            ++i;
        else if (argument != QStringLiteral("--json") && !argument.startsWith(QStringLiteral("--project=")) &&
                 !argument.startsWith(QStringLiteral("--job=")))
            kept << argument;
    }
    return kept;
}

QString signalText(int signal)
{
    switch (signal) {
    case SIGSEGV:
    case SIGBUS: return tr("a wrong memory access");
    case SIGABRT: return tr("an internal check");
    case SIGFPE: return tr("an arithmetic error");
    case SIGILL: return tr("an instruction this processor does not know");
    case SIGKILL: return tr("the system ending it, perhaps for want of memory");
    default: return tr("signal %1").arg(signal);
    }
}

} // namespace

QString ProcessName::startTimeOf(qint64 pid)
{
    QFile stat(QStringLiteral("/proc/%1/stat").arg(pid));
    if (!stat.open(QIODevice::ReadOnly))
        return {};
    const QByteArray text = stat.readAll();
    // The name in parentheses may hold spaces; field 22 is counted behind it.
    const QList<QByteArray> fields = text.mid(text.lastIndexOf(')') + 2).split(' ');
    return fields.size() < 20 || fields[0] == "Z" ? QString() : QString::fromLatin1(fields[19]);
}

char ProcessName::state() const
{
    if (pid <= 0 || startTime.isEmpty())
        return 0;
    QFile stat(QStringLiteral("/proc/%1/stat").arg(pid));
    if (!stat.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray text = stat.readAll();
    const QList<QByteArray> fields = text.mid(text.lastIndexOf(')') + 2).split(' ');
    if (fields.size() < 20 || fields[0].isEmpty() || fields[0][0] == 'Z' ||
        QString::fromLatin1(fields[19]) != startTime)
        return 0;
    return fields[0][0];
}

QString durationText(double seconds)
{
    const auto whole = qint64(seconds + .5);
    if (whole < 1)
        return QObject::tr("less than 1 s");
    if (whole < 60)
        return QObject::tr("%1 s").arg(whole);
    if (whole < 3600)
        return QObject::tr("%1 min").arg((whole + 30) / 60);
    return QObject::tr("%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60);
}

namespace {

/// What a command typed in a terminal does, in the words the window uses for its own jobs.
QString titleOf(const QStringList &arguments)
{
    const auto option = [&arguments](const QString &name) {
        const qsizetype at = arguments.indexOf(name);
        return at >= 0 ? arguments.value(at + 1) : QString();
    };
    const QString verb = arguments.value(0), first = QFileInfo(arguments.value(1)).fileName();
    if (verb == QStringLiteral("train") && !option(QStringLiteral("--network")).isEmpty())
        return QObject::tr("Train %1").arg(option(QStringLiteral("--network")));
    if (verb == QStringLiteral("train") && !option(QStringLiteral("--resume")).isEmpty())
        return QObject::tr("Resume %1").arg(option(QStringLiteral("--resume")));
    if (verb == QStringLiteral("flag") && !option(QStringLiteral("--run")).isEmpty())
        return QObject::tr("Flag with %1").arg(option(QStringLiteral("--run")));
    if (verb == QStringLiteral("import") && !first.startsWith(QLatin1Char('-')))
        return QObject::tr("Import %1").arg(first);
    return QStringLiteral("mien ") + arguments.join(QLatin1Char(' '));
}

} // namespace

QString JobFiles::path(const QString &name) const
{
    return QDir(m_folder).filePath(name);
}

std::optional<JobInfo> JobFiles::load()
{
    JobInfo job;
    job.folder = m_folder;
    job.id = QFileInfo(m_folder).fileName();
    if (const QJsonObject request = readObject(path(QStringLiteral("studio.json")));
        request.contains(QStringLiteral("title"))) {
        job.title = request[QStringLiteral("title")].toString();
        for (const auto &argument : request[QStringLiteral("arguments")].toArray())
            job.arguments << argument.toString();
        job.compute = request[QStringLiteral("compute")].toBool(true);
        job.directory = request[QStringLiteral("directory")].toString();
        job.createdAt = timeOf(request[QStringLiteral("created_ms")]);
        m_order = request[QStringLiteral("order")].toDouble();
        const QJsonObject process = readObject(path(QStringLiteral("process.json")));
        if (process.isEmpty() && !QFile::exists(path(QStringLiteral("exit")))) {
            job.state = request[QStringLiteral("cancelled")].toBool() ? JobState::Cancelled : JobState::Waiting;
            return job;
        }
        job.process = {qint64(process[QStringLiteral("pid")].toDouble()),
                       process[QStringLiteral("start_time")].toString()};
        job.startedAt = timeOf(process[QStringLiteral("started_ms")]);
        job.state = process[QStringLiteral("stopping")].toBool() ? JobState::Stopping : JobState::Running;
        return job;
    }
    const QJsonObject request = readObject(path(QStringLiteral("request.json")));
    if (request[QStringLiteral("format")] != QStringLiteral("mien-job/1"))
        return {};
    job.byHand = true;
    job.arguments = withoutCommonOptions(request[QStringLiteral("arguments")].toArray());
    job.title = titleOf(job.arguments);
    job.directory = request[QStringLiteral("directory")].toString();
    const QString command = job.arguments.value(0);
    job.compute =
        command == QStringLiteral("train") || command == QStringLiteral("flag") || command == QStringLiteral("import");
    job.createdAt = job.startedAt = timeOf(request[QStringLiteral("started_at_ms")]);
    if (request[QStringLiteral("host")].toString() == QSysInfo::machineHostName())
        job.process = {qint64(request[QStringLiteral("pid")].toDouble()),
                       QString::number(request[QStringLiteral("process_start")].toInteger())};
    else
        job.step = tr("on %1").arg(request[QStringLiteral("host")].toString());
    job.worker = job.process;
    job.state = JobState::Running;
    return job;
}

void JobFiles::storeRequest(const JobInfo &job, double order) const
{
    QJsonObject request{{QStringLiteral("title"), job.title},
                        {QStringLiteral("arguments"), QJsonArray::fromStringList(job.arguments)},
                        {QStringLiteral("compute"), job.compute},
                        {QStringLiteral("created_ms"), double(job.createdAt.toMSecsSinceEpoch())},
                        {QStringLiteral("order"), order}};
    if (!job.directory.isEmpty())
        request[QStringLiteral("directory")] = job.directory;
    if (job.state == JobState::Cancelled && job.process.pid == 0)
        request[QStringLiteral("cancelled")] = true;
    writeObject(path(QStringLiteral("studio.json")), request);
}

void JobFiles::storeProcess(const JobInfo &job) const
{
    if (job.byHand)
        return;
    QJsonObject process{{QStringLiteral("pid"), double(job.process.pid)},
                        {QStringLiteral("start_time"), job.process.startTime},
                        {QStringLiteral("started_ms"), double(job.startedAt.toMSecsSinceEpoch())}};
    if (job.state == JobState::Stopping)
        process[QStringLiteral("stopping")] = true;
    writeObject(path(QStringLiteral("process.json")), process);
}

void JobFiles::findWorker(JobInfo &job) const
{
    const QJsonObject request = readObject(path(QStringLiteral("request.json")));
    if (request.isEmpty())
        return;
    job.worker = {qint64(request[QStringLiteral("pid")].toDouble()),
                  QString::number(request[QStringLiteral("process_start")].toInteger())};
}

bool JobFiles::follow(JobInfo &job, const std::function<void(const QJsonObject &)> &event)
{
    if (!job.isActive())
        return false;
    // Asked before reading, so that nothing written before the end is missed.
    const bool exited = !job.byHand && QFile::exists(path(QStringLiteral("exit")));
    bool gone = !exited && !job.process.isAlive();
    if (job.byHand && job.process.pid == 0) // on another host: silence is all that can be seen
        gone = QFileInfo(path(QStringLiteral("events.jsonl"))).lastModified().secsTo(QDateTime::currentDateTime()) >
               silentHostS;
    if (m_offset < 0) {
        // What is long over tells its end; a night's training need not be read again to show that it is done.
        const qint64 size =
            QFileInfo(path(job.byHand ? QStringLiteral("events.jsonl") : QStringLiteral("output.jsonl"))).size();
        m_offset = exited || gone ? std::max<qint64>(0, size - bytesOfThePast) : 0;
    }
    if (!job.worker.isAlive() && !exited)
        findWorker(job);
    bool changed = readEvents(job, event);
    if (exited || gone || m_endStatus) {
        while (readEvents(job, event)) {
        }
        // The end may have been written between the two looks.
        const bool hasExit = !job.byHand && QFile::exists(path(QStringLiteral("exit")));
        if (gone && !exited && hasExit)
            return changed; // told at the next tick
        int status = m_endStatus.value_or(crashedWithoutWord);
        if (hasExit) {
            QFile file(path(QStringLiteral("exit")));
            if (file.open(QIODevice::ReadOnly))
                status = file.readAll().trimmed().toInt();
        } else if (!job.byHand && !gone) {
            return changed; // it said its last word and ends now
        }
        end(job, status);
        return true;
    }
    const JobState before = job.state;
    const bool stopped = job.worker.state() == 'T';
    if (job.state == JobState::Running && stopped)
        job.state = JobState::Paused;
    else if (job.state == JobState::Paused && !stopped)
        job.state = JobState::Running;
    return changed || job.state != before;
}

bool JobFiles::readEvents(JobInfo &job, const std::function<void(const QJsonObject &)> &event)
{
    QFile file(path(job.byHand ? QStringLiteral("events.jsonl") : QStringLiteral("output.jsonl")));
    if (!file.open(QIODevice::ReadOnly) || file.size() <= m_offset)
        return false;
    file.seek(m_offset);
    m_rest += file.read(bytesAtOnce);
    m_offset = file.pos();
    bool any = false;
    qsizetype from = 0;
    for (qsizetype end; (end = m_rest.indexOf('\n', from)) >= 0; from = end + 1) {
        const QJsonObject line = QJsonDocument::fromJson(m_rest.mid(from, end - from)).object();
        if (line.isEmpty())
            continue;
        take(job, line);
        event(line);
        any = true;
    }
    m_rest.remove(0, from);
    return any;
}

void JobFiles::take(JobInfo &job, const QJsonObject &line)
{
    const QString kind = line[QStringLiteral("event")].toString();
    if (kind == QStringLiteral("progress")) {
        job.done = line[QStringLiteral("done")].toDouble();
        job.total = line[QStringLiteral("total")].toDouble();
        job.unit = line[QStringLiteral("unit")].toString();
        job.step = line[QStringLiteral("step")].toString();
        job.rate = line[QStringLiteral("rate")].toDouble();
        job.etaS = line[QStringLiteral("eta_s")].toDouble(-1);
        job.facesPerFrame = line[QStringLiteral("faces_per_frame")].toDouble(-1);
        job.failedFiles = line[QStringLiteral("failed")].toInteger();
    } else if (kind == QStringLiteral("warning") && line[QStringLiteral("severity")] != QStringLiteral("note")) {
        ++job.warningCount;
        if (job.warnings.size() < keptWarnings)
            job.warnings.append(line);
    } else if (kind == QStringLiteral("result")) {
        job.result = line;
    } else if (kind == QStringLiteral("end")) {
        m_endStatus = line[QStringLiteral("status")].toInt();
        m_endMessage = line[QStringLiteral("message")].toString();
    }
}

QString JobFiles::itemInHand() const
{
    QFile file(path(QStringLiteral("item")));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QByteArray blocks = file.readAll();
    // The first is what the crashing thread wrote; without it the crash is blamed on an item only when one alone was
    // read.
    const auto block = [&](qsizetype at) { return QString::fromUtf8(blocks.mid(at, itemBytes).constData()); };
    if (const QString named = block(0); !named.isEmpty())
        return named;
    QString only;
    for (qsizetype at = itemBytes; at < blocks.size(); at += itemBytes) {
        const QString item = block(at);
        if (item.isEmpty())
            continue;
        if (!only.isEmpty())
            return {};
        only = item;
    }
    return only;
}

void JobFiles::end(JobInfo &job, int status) const
{
    job.finishedAt =
        QFileInfo(path(job.byHand ? QStringLiteral("events.jsonl") : QStringLiteral("exit"))).lastModified();
    if (!job.finishedAt.isValid())
        job.finishedAt = QDateTime::currentDateTime();
    const QString said = withoutProgramName(job.byHand ? m_endMessage : lastLine(path(QStringLiteral("output.log"))));
    if (status == 0) {
        job.state = JobState::Done;
    } else if (status == 3) {
        job.state = JobState::DoneWithSkips;
        job.error = said;
    } else if (status == 130 || status == 128 + SIGTERM ||
               (status == crashedWithoutWord && job.state == JobState::Stopping)) {
        job.state = JobState::Cancelled;
    } else if (status == crashedWithoutWord || status > 128) {
        job.state = JobState::Failed;
        job.crashedAt = itemInHand();
        const QString why = status > 128 ? signalText(status - 128) : tr("the system ending it");
        job.error = job.crashedAt.isEmpty()
                        ? tr("The program was ended by %1. What it did so far is kept; it goes on there when it is "
                             "started again.")
                              .arg(why)
                        : tr("The program crashed at %1, by %2. What it did so far is kept.").arg(job.crashedAt, why);
    } else {
        job.state = JobState::Failed;
        job.error = !said.isEmpty()
                        ? said
                        : tr("It failed without a word (status %1). What it did so far is kept.").arg(status);
    }
}

} // namespace mien
