#include "tests/e2e/kill_loop.h"

#include "tests/support/reliability.h"

#include <QCoreApplication>
#include <QDirIterator>
#include <QElapsedTimer>
#include <QFile>

#include <csignal>
#include <filesystem>

namespace mien::test {

namespace {

constexpr int kTimeoutMs = 240'000;

std::int64_t numberIn(const QString &path)
{
    QFile file(path);
    std::int64_t number = 0;
    if (!file.open(QFile::ReadOnly) || file.read(reinterpret_cast<char *>(&number), sizeof number) != sizeof number)
        qFatal("cannot read %s", qPrintable(path));
    return number;
}

} // namespace

void watch(Surroundings &surroundings, const QString &folder)
{
    surroundings.environment.insert("LD_PRELOAD", QCoreApplication::applicationDirPath() + "/libmien-disk-faults.so");
    surroundings.environment.insert("MIEN_FAULT_BELOW", folder);
}

KillLoop::KillLoop(const QString &folder, int points, std::uint32_t usualSeed)
    : m_folder(folder)
    , m_points(points)
    , m_seed(seedOf(usualSeed))
    , m_random(m_seed)
{
}

Outcome KillLoop::measure(const QStringList &arguments, const Surroundings &surroundings)
{
    const QString calls = m_scratch.filePath("calls");
    writeFile(calls, QByteArray(8, '\0'));
    Surroundings watched = surroundings;
    watch(watched, m_folder);
    watched.environment.insert("MIEN_CALLS_FILE", calls);
    QElapsedTimer clock;
    clock.start();
    const Outcome outcome = runMien(arguments, watched);
    m_milliseconds = std::max<qint64>(2, clock.elapsed());
    m_calls = numberIn(calls);
    if (m_calls < 1)
        qFatal("%s changes nothing that can be seen; is libmien-disk-faults.so preloaded?",
               qPrintable(arguments.value(0)));
    return outcome;
}

KillLoop::End KillLoop::run(const QStringList &arguments, const Surroundings &surroundings)
{
    Surroundings watched = surroundings;
    const bool byCall = m_starts++ % 2 == 0;
    qint64 afterMs = kTimeoutMs;
    if (byCall) {
        const auto call = std::uniform_int_distribution<std::int64_t>(1, m_calls)(m_random);
        const bool torn = std::uniform_int_distribution(0, 1)(m_random) == 1;
        watch(watched, m_folder);
        watched.environment.insert("MIEN_KILL_AT", QString::number(call));
        watched.environment.insert("MIEN_KILL_TORN", torn ? "1" : "0");
        m_moment = QString("at call %1 of %2%3").arg(call).arg(m_calls).arg(torn ? ", torn" : "");
    } else {
        afterMs = std::uniform_int_distribution<qint64>(1, m_milliseconds)(m_random);
        m_moment = QString("after %1 of %2 ms").arg(afterMs).arg(m_milliseconds);
    }
    QProcess process;
    startMien(process, arguments, watched);
    if (!process.waitForStarted())
        qFatal("cannot start %s", qPrintable(mienProgram()));
    process.closeWriteChannel();
    const bool ended = process.waitForFinished(int(afterMs)) || process.state() == QProcess::NotRunning;
    if (!ended) {
        ::kill(pid_t(process.processId()), SIGKILL);
        process.waitForFinished();
    }
    m_last = {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -process.exitCode(),
              process.readAllStandardOutput(), process.readAllStandardError()};
    if (process.exitStatus() == QProcess::CrashExit && process.exitCode() == SIGKILL && (byCall || !ended)) {
        ++m_killed;
        return byCall && !ended ? End::Failed : End::Killed; // a moment by call that never comes is a hang
    }
    return process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0 ? End::Done : End::Failed;
}

QString KillLoop::said() const
{
    return QString("seed %1, start %2, killed %3: status %4: %5 %6")
        .arg(m_seed)
        .arg(m_starts)
        .arg(m_moment)
        .arg(m_last.status)
        .arg(QString::fromUtf8(m_last.err.right(2000)), QString::fromUtf8(m_last.out.right(500)));
}

QMap<QString, QByteArray> filesBelow(const QString &folder)
{
    QMap<QString, QByteArray> files;
    QDirIterator all(folder, QDir::Files | QDir::Hidden | QDir::System, QDirIterator::Subdirectories);
    while (all.hasNext()) {
        const QString path = all.next();
        QFile file(path);
        if (!file.open(QFile::ReadOnly))
            qFatal("cannot read %s", qPrintable(path));
        files.insert(path.mid(folder.size()), file.readAll());
    }
    return files;
}

void copyFolder(const QString &original, const QString &folder)
{
    namespace fs = std::filesystem;
    fs::remove_all(folder.toStdString());
    fs::copy(original.toStdString(), folder.toStdString(), fs::copy_options::recursive);
}

} // namespace mien::test
