#include "tests/e2e/mien_process.h"

#include <QCoreApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QTemporaryDir>

#include <grp.h>
#include <unistd.h>

namespace mien::test {

QList<QJsonObject> Outcome::lines() const
{
    QList<QJsonObject> objects;
    for (const QByteArray &line : out.split('\n'))
        if (!line.isEmpty())
            objects.append(QJsonDocument::fromJson(line).object());
    return objects;
}

QJsonObject Outcome::result() const
{
    const QList<QJsonObject> all = lines();
    return !all.isEmpty() && all.last()["event"].toString() == "result" ? all.last() : QJsonObject();
}

QList<QJsonObject> Outcome::rows() const
{
    QList<QJsonObject> found;
    for (const QJsonObject &line : lines())
        if (!line.contains("event"))
            found.append(line);
    return found;
}

QList<QJsonObject> Outcome::events(const char *kind) const
{
    QList<QJsonObject> found;
    for (const QJsonObject &line : lines())
        if (line["event"].toString() == kind)
            found.append(line);
    return found;
}

bool Outcome::isJsonOnly() const
{
    for (const QJsonObject &line : lines())
        if (line.isEmpty())
            return false;
    return true;
}

int Outcome::errorLines() const
{
    return int(err.count('\n')) + (err.isEmpty() || err.endsWith('\n') ? 0 : 1);
}

QString mienProgram()
{
    const QString named = qEnvironmentVariable("MIEN_PROGRAM");
    return named.isEmpty() ? QCoreApplication::applicationDirPath() + "/../bin/mien" : named;
}

namespace {

/// The program where everybody can reach it: a checkout may lie in a folder that is closed to others, as /root is.
QString programForNobody()
{
    static const QTemporaryDir folder;
    const QString program = folder.filePath("mien");
    using enum QFileDevice::Permission;
    const auto everybody = ReadOwner | ExeOwner | ReadGroup | ExeGroup | ReadOther | ExeOther;
    if (!QFile::exists(program) &&
        (!QFile::copy(mienProgram(), program) || !QFile::setPermissions(program, everybody | WriteOwner) ||
         !QFile::setPermissions(folder.path(), everybody | WriteOwner)))
        qFatal("cannot copy %s", qPrintable(mienProgram()));
    return program;
}

} // namespace

void startMien(QProcess &process, const QStringList &arguments, const Surroundings &surroundings)
{
    process.setProcessEnvironment(surroundings.environment);
    if (!surroundings.folder.isEmpty())
        process.setWorkingDirectory(surroundings.folder);
    if (!surroundings.asNobody || ::geteuid() != 0) {
        process.start(mienProgram(), arguments);
        return;
    }
    if (surroundings.folder.isEmpty())
        process.setWorkingDirectory("/");
    process.setChildProcessModifier([] {
        constexpr unsigned nobody = 65534;
        if (::setgroups(0, nullptr) != 0 || ::setgid(nobody) != 0 || ::setuid(nobody) != 0)
            ::_exit(99);
    });
    process.start(programForNobody(), arguments);
}

Outcome runMien(const QStringList &arguments, const Surroundings &surroundings)
{
    QProcess process;
    startMien(process, arguments, surroundings);
    if (!process.waitForStarted())
        qFatal("cannot start %s", qPrintable(mienProgram()));
    if (!surroundings.input.isEmpty())
        process.write(surroundings.input);
    process.closeWriteChannel();
    if (!process.waitForFinished(surroundings.timeoutMs))
        process.kill();
    process.waitForFinished();
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1, process.readAllStandardOutput(),
            process.readAllStandardError()};
}

Measured measuredMien(const QStringList &arguments, const Surroundings &surroundings)
{
    Measured measured;
    QProcess process;
    startMien(process, arguments, surroundings);
    process.closeWriteChannel();
    QElapsedTimer clock;
    clock.start();
    const QString folder = QStringLiteral("/proc/%1/").arg(process.processId());
    while (!process.waitForFinished(3)) {
        if (clock.hasExpired(surroundings.timeoutMs))
            process.kill();
        QFile status(folder + QStringLiteral("status")), times(folder + QStringLiteral("stat"));
        if (!status.open(QIODevice::ReadOnly) || !times.open(QIODevice::ReadOnly))
            continue;
        for (const QByteArray &line : status.readAll().split('\n'))
            if (line.startsWith("VmHWM:"))
                measured.peakBytes = line.mid(6).trimmed().split(' ').first().toLongLong() * 1024;
        const QByteArray stat = times.readAll();
        const QList<QByteArray> fields = stat.mid(stat.lastIndexOf(')') + 2).split(' ');
        if (fields.size() > 12)
            measured.cpuSeconds =
                double(fields[11].toLongLong() + fields[12].toLongLong()) / double(sysconf(_SC_CLK_TCK));
    }
    measured.outcome = {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
                        process.readAllStandardOutput(), process.readAllStandardError()};
    return measured;
}

QByteArray fer2013Csv(int rows)
{
    QByteArray text = "emotion,pixels,Usage\n";
    unsigned noise = 12345;
    for (int row = 0; row < rows; ++row) {
        const int emotion = row % 7;
        text += QByteArray::number(emotion) + ",";
        for (int pixel = 0; pixel < 48 * 48; ++pixel) {
            noise = noise * 1664525u + 1013904223u;
            // Bars whose width is the class, under noise: a network can learn them, and no two rows are alike.
            const int bar = (pixel % 48) / (emotion + 2) % 2 ? 170 : 60;
            text += QByteArray::number(bar + int(noise >> 24) % 64) + (pixel < 48 * 48 - 1 ? " " : "");
        }
        text += row % 3 < 2 ? ",Training\n" : row % 2 ? ",PublicTest\n" : ",PrivateTest\n";
    }
    return text;
}

void writeFile(const QString &path, const QByteArray &bytes)
{
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    if (!file.open(QFile::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("cannot write %s", qPrintable(path));
}

} // namespace mien::test
