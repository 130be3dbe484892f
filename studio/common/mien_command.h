#pragma once

#include <QJsonObject>
#include <QList>
#include <QObject>
#include <QStringList>

class QProcess;

namespace mien {

/// The `mien` program beside this one (or what MIEN_PROGRAM names, for tests).
QString mienProgram();

/// What `mien` says on stderr, without its own name in front: "mien import: No such file" → "No such file".
QString withoutProgramName(const QString &said);

/// A short command that belongs to the window: `formats`, `import --dry-run`, `networks`. It ends with its object;
/// what must outlive the window is a job (JobQueue). The events of its JSON lines arrive one by one.
class MienCommand : public QObject
{
    Q_OBJECT

public:
    struct Outcome
    {
        int exitCode = 0;   ///< As `cli.md`: 0, 1, 2, 3, 130; -1 when it could not start or crashed.
        QJsonObject result; ///< The `result` event; empty when none came.
        QString error;      ///< Its line on stderr, or what happened instead; empty for 0.
        bool ok() const { return exitCode == 0 || exitCode == 3; }
    };

    explicit MienCommand(QObject *parent = nullptr);
    ~MienCommand() override;

    /// Runs `mien ARGUMENTS --json`; a former run of this object is ended first.
    void start(const QStringList &arguments, const QStringList &extraEnvironment = {});
    void cancel(); ///< SIGTERM; finished() still comes, with 130.
    bool isRunning() const;

Q_SIGNALS:
    void event(const QJsonObject &line); ///< Every JSON line, the result included.
    void finished(const mien::MienCommand::Outcome &outcome);

private:
    void readLines();

    QProcess *m_process = nullptr;
    QByteArray m_rest;
    Outcome m_outcome;
};

} // namespace mien
