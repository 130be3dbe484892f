#pragma once

#include <QByteArray>
#include <QJsonArray>
#include <QJsonObject>
#include <QList>
#include <QProcess>
#include <QProcessEnvironment>
#include <QString>
#include <QStringList>

namespace mien::test {

/// What one `mien …` said and how it ended.
struct Outcome
{
    int status = -1; ///< Exit status; -1: killed by a signal or never started.
    QByteArray out, err;

    QList<QJsonObject> lines() const; ///< Every line of stdout as an object; an empty one where it is none.
    QJsonObject result() const;       ///< The last line, when it is a result event.
    QList<QJsonObject> rows() const;  ///< Lines without "event".
    QList<QJsonObject> events(const char *) const; ///< Events of one kind.
    bool isJsonOnly() const;
    int errorLines() const;
};

/// Settings of a child process beyond its arguments.
struct Surroundings
{
    QString folder;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    QByteArray input;
    int timeoutMs = 240'000;
    bool asNobody =
        false; ///< As an unprivileged user when the tests run as root; without the modules beside the program.
};

/// The real program of this build.
QString mienProgram();

/// Runs it to its end.
Outcome runMien(const QStringList &arguments, const Surroundings &surroundings = {});

/// What a run cost, as far as could be seen while it ran.
struct Measured
{
    Outcome outcome;
    qint64 peakBytes = 0; ///< Resident, at most.
    double cpuSeconds = 0;
};
Measured measuredMien(const QStringList &arguments, const Surroundings &surroundings = {});

/// Starts it and leaves it running.
void startMien(QProcess &process, const QStringList &arguments, const Surroundings &surroundings = {});

/// A FER2013 table of generated pictures: `rows` rows over all seven classes, two thirds Training.
QByteArray fer2013Csv(int rows);

/// Writes a file, making its folder.
void writeFile(const QString &path, const QByteArray &bytes);

} // namespace mien::test
